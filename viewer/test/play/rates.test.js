import assert from "node:assert/strict";
import { test } from "node:test";
import { ratesOf, sum } from "../../play/rates.js";

const load = (took, bytes, seconds, more) => ({ at: 0, first: 0, took, bytes, seconds, part: false, ...more });

test("rates are told where less comes than is sent", () => {
  const took = (l) => l.took;
  assert.deepEqual(ratesOf([load(1500, 1e6, 2), load(2400, 1e6, 2)], took), null);
  assert.deepEqual(ratesOf([load(4000, 1e6, 2), load(5000, 1e6, 2)], took), { has: 1.6e6, needs: 4e6 });
  const part = { part: true };
  assert.deepEqual(ratesOf([load(400, 1e5, 0.2, part), load(600, 1e5, 0.2, part)], took), { has: 1.6e6, needs: 4e6 });
  assert.deepEqual(ratesOf([load(4000, 5e5, 2, { total: 1e6 })], took), { has: 1e6, needs: 4e6 }); // it is on its way still
  assert.deepEqual(ratesOf([load(5000, 5e5, 1)], took, { camera: 1e6 }), { has: 0.8e6, needs: 1e6 });
  assert.equal(ratesOf([load(5000, 5e5, 1)], took, { camera: 0.8e6 }), null);
  assert.equal(sum([load(1, 2, 3), load(2, 3, 4)], (l) => l.seconds), 7);
});

test("a way carries what came beside too, in the time in which something came", () => {
  const took = (l) => l.took;
  const late = load(5000, 5e5, 1, { first: 1000 });
  assert.deepEqual(ratesOf([late], took, { beside: () => 2.5e5 }), { has: 1.5e6, needs: 4e6 });
  // It would carry enough if nothing else came: then what has come in time is told.
  assert.deepEqual(ratesOf([late], took, { beside: () => 5e6 }), { has: 0.8e6, needs: 4e6 });
});

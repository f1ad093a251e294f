import assert from "node:assert/strict";
import { test } from "node:test";
import { ratesOf, sum } from "../../play/rates.js";

const load = (took, bytes, seconds, more) => ({ at: 0, first: 20, took, bytes, seconds, part: false, ...more });

test("rates are told where less comes than is sent", () => {
  const took = (l) => l.took;
  assert.deepEqual(ratesOf([load(1500, 1e6, 2), load(2400, 1e6, 2)], took), null);
  assert.deepEqual(ratesOf([load(4000, 1e6, 2), load(6000, 1e6, 2)], took), { has: 1.6e6, needs: 4e6 });
  assert.deepEqual(ratesOf([load(4000, 5e5, 2, { total: 1e6 })], took), { has: 1e6, needs: 4e6 }); // it is on its way still
  assert.equal(sum([load(1, 2, 3), load(2, 3, 4)], (l) => l.seconds), 7);
});

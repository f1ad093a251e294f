// Counts the requests of scripts that are under way, those that wait for a
// connection included. Runs before any script of the page.

(() => {
  const flights = (window.flights = { now: 0, most: 0 });

  function fly(step) {
    flights.now += step;
    flights.most = Math.max(flights.most, flights.now);
  }

  const { fetch } = window;
  window.fetch = async (...args) => {
    fly(1);
    try {
      const answer = await fetch(...args);
      return new Response(await answer.blob(), answer); // its connection is free once all has come
    } finally {
      fly(-1);
    }
  };

  const { send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.send = function (...args) {
    fly(1);
    this.addEventListener("loadend", () => fly(-1), { once: true });
    return send.apply(this, args);
  };
})();

/* The stewards' page in the browser: choosing, counting what is chosen, sorting, printing.
 *
 * What is chosen stands in the address after #, so that a bookmark remembers a team; the form, the worklist and the
 * counts follow from it. Every number is added up from the worklist's rows. Without this script the page is whole,
 * with the numbers of all teams.
 */
"use strict";

(() => {
  const form = document.getElementById("filter");
  const worklist = document.getElementById("causes");
  if (!worklist) return;

  // rounded as the numbers that the page came with
  const whole = new Intl.NumberFormat("da-DK", { maximumFractionDigits: 0, roundingMode: "halfEven" });
  const fields = [...form.elements].filter((field) => field.name);
  let chosen = {};

  const table = new DataTable(worklist, {
    order: [[0, "desc"]],
    pageLength: 25,
    lengthMenu: [25, 100, { label: "alle", value: -1 }],
    autoWidth: false,
    // the columns' kinds are known: looking through all cells for them takes time
    columnDefs: [
      { targets: [0, 1], type: "num", orderSequence: ["desc", "asc"] },
      { targets: "_all", type: "string" },
    ],
    layout: { topStart: "info", topEnd: "pageLength", bottomStart: null, bottomEnd: "paging" },
    language: {
      decimal: ",",
      thousands: ".",
      info: "Linje _START_–_END_ af _TOTAL_",
      infoEmpty: "Ingen linjer",
      infoFiltered: "(udvalgt af _MAX_)",
      lengthMenu: "Vis _MENU_ linjer",
      zeroRecords: "Ingen mangler i udvalget",
      emptyTable: "Ingen mangler",
      paginate: { first: "Første", last: "Sidste", next: "Næste", previous: "Forrige" },
      aria: {
        orderable: ": vælg for at sortere",
        orderableReverse: ": vælg for at vende rækkefølgen",
        orderableRemove: ": vælg for at fjerne sorteringen",
        paginate: { first: "Første side", last: "Sidste side", next: "Næste side", previous: "Forrige side", number: "Side " },
      },
    },
  });

  const same = (name) => (row) => row.dataset[name] === chosen[name];
  const statuses = {
    overdue: (row) => row.dataset.overdue > 0,
    new: (row) => row.dataset.new > 0,
    within: (row) => Number(row.dataset.overdue) < Number(row.cells[1].textContent),
  };
  const tests = {
    team: same("team"),
    leader: same("leader"),
    rule: same("rule"),
    severity: same("severity"),
    status: (row) => statuses[chosen.status](row),
    text: (_row, text) =>
      chosen.text.toLocaleLowerCase("da").split(/\s+/).every((word) => text.toLocaleLowerCase("da").includes(word)),
  };

  // row → the choices that it does not meet; a small table counts the rows that only its own choice leaves out
  const misses = new Map();
  table.search.fixed("chosen", (text, _data, index) => {
    const row = table.row(index).node();
    misses.set(row, Object.keys(tests).filter((name) => chosen[name] && !tests[name](row, text)));
    return misses.get(row).length === 0;
  });

  function read() {
    const address = new URLSearchParams(location.hash.slice(1));
    chosen = {};
    for (const field of fields) {
      field.value = address.get(field.name) ?? "";
      // a list has no value that is not among its choices
      if (field.value) chosen[field.name] = field.value;
    }
  }

  function write() {
    chosen = Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim()));
    const address = new URLSearchParams(chosen);
    history.replaceState(null, "", `#${address}`);
    show();
  }

  function add(rows) {
    const sum = { number: 0, new: 0, overdue: 0, amount: 0 };
    for (const row of rows) {
      sum.number += Number(row.cells[1].textContent);
      sum.new += Number(row.dataset.new);
      sum.overdue += Number(row.dataset.overdue);
      sum.amount += Number(row.cells[0].dataset.order);
    }
    return { ...sum, amount: sum.amount / 100 };
  }

  function fill(element, sum) {
    for (const cell of element.querySelectorAll("[data-count]")) {
      cell.textContent = whole.format(sum[cell.dataset.count]);
      if (cell.dataset.count === "overdue") cell.classList.toggle("over", sum.overdue > 0);
    }
  }

  function show() {
    const focused = document.activeElement;
    table.draw();
    const rows = [...misses.keys()];
    const meeting = (own) => rows.filter((row) => misses.get(row).every((name) => name === own));
    fill(document.getElementById("total"), add(meeting()));
    for (const summary of document.querySelectorAll("table[data-by]")) {
      const by = summary.dataset.by;
      const groups = Map.groupBy(meeting(by), (row) => row.dataset[by]);
      const sums = new Map([...summary.tBodies[0].rows].map((line) => [line, add(groups.get(line.dataset.key) ?? [])]));
      for (const [line, sum] of [...sums].sort(([, one], [, other]) => other.amount - one.amount)) {
        fill(line, sum);
        line.hidden = !groups.has(line.dataset.key);
        line.querySelector("a").ariaCurrent = String(line.dataset.key === chosen[by]);
        summary.tBodies[0].append(line);
      }
    }
    // a line that is moved loses the focus
    focused.focus({ preventScroll: true });
    // what is beside the worklist follows the team only
    for (const row of document.querySelectorAll("tr[data-team]")) {
      if (!worklist.contains(row)) row.hidden = Boolean(chosen.team) && row.dataset.team !== chosen.team;
    }
    const words = fields
      .filter((field) => chosen[field.name])
      .map((field) => (field.options ? field.selectedOptions[0].text : `»${field.value}«`));
    document.getElementById("chosen").textContent = words.length ? `Udvalg: ${words.join(" · ")}` : "";
  }

  // a line of a small table is a choice beside the others; once more takes it back
  for (const summary of document.querySelectorAll("table[data-by]")) {
    summary.addEventListener("click", (event) => {
      const line = event.target.closest("a:not(.file)")?.closest("tr");
      if (!line) return;
      event.preventDefault();
      const field = form.elements[summary.dataset.by];
      field.value = field.value === line.dataset.key ? "" : line.dataset.key;
      write();
    });
  }
  form.addEventListener("input", write);
  form.addEventListener("submit", (event) => event.preventDefault());
  // the fields are empty only after the event
  form.addEventListener("reset", () => setTimeout(write));
  window.addEventListener("hashchange", () => {
    // a link to a place on the page is no choice; the choice goes back into the address
    if (location.hash.length > 1 && !location.hash.includes("=")) return write();
    read();
    show();
  });

  // on paper the chosen lines stand all
  let length = table.page.len();
  window.addEventListener("beforeprint", () => {
    length = table.page.len();
    table.page.len(-1).draw();
  });
  window.addEventListener("afterprint", () => table.page.len(length).draw());

  form.hidden = false;
  read();
  show();
})();

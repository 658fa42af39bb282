/* The key figures in the browser: choosing a section, a measure, a provider, and drawing the trends of it.
 *
 * What is chosen stands in the address after #, so that a bookmark remembers it. Every figure is summed up from the
 * cells that the page carries (month × section × measure × provider). Without this script the page shows all courses.
 */
"use strict";
(() => {
  const told = JSON.parse(document.getElementById("celler").textContent);
  const cells = told.cells;
  const form = document.querySelector("form.filter");
  const selects = [...form.querySelectorAll("select")];
  const charts = [...document.querySelectorAll("#grafer > figure")];
  const all = charts.map((figure) => figure.cloneNode(true));
  const kroner = (oere, number) => (number ? oere / 100 / number : null);
  const cost = (sum) => (sum.isClosed ? sum.posted : sum.planned);
  // chart → its value of a month's sums, and how many decimals its table shows
  const measures = {
    "graf-active_courses": [(sum) => sum.courses, 0],
    "graf-full_year_equivalents": [(sum) => sum.days / sum.daysInYear, 2],
    "graf-days_per_course": [(sum) => (sum.courses ? sum.days / sum.courses : null), 1],
    "graf-price_shown": [(sum) => kroner(cost(sum), sum.days), 0, true],
    "graf-price_year": [(sum) => kroner(cost(sum) * sum.daysInYear, sum.days), 0, true],
    "graf-cost_shown": [(sum) => cost(sum) / 100, 0, true, 1e6],
  };
  const figures = ["courses", "days", "planned", "posted"];

  function isChosen(row, except) {
    return selects.every((select) => {
      const name = select.name;
      return name === except || !select.value || cells[name][row] === select.value;
    });
  }

  function sums() {
    const found = new Map(told.months.map((month) => {
      const year = month.month.slice(0, 4);
      const start = { ...month, year, daysInYear: told.daysInYear[year] };
      for (const name of figures) start[name] = 0;
      return [month.month, start];
    }));
    cells.month.forEach((month, row) => {
      if (!isChosen(row)) return;
      const sum = found.get(month);
      for (const name of figures) sum[name] += cells[name][row];
    });
    return [...found.values()];
  }

  // a selection that has no course cannot be chosen
  function offer() {
    for (const select of selects) {
      const name = select.name;
      const there = new Set(cells[name].filter((_, row) => isChosen(row, name)));
      for (const option of select.options) {
        option.disabled = option.value !== "" && !there.has(option.value);
      }
    }
  }

  // rounded as the numbers that the page came with
  const written = (value, decimals) => value === null ? "–" : value.toLocaleString("da-DK", {
    minimumFractionDigits: decimals, maximumFractionDigits: decimals, roundingMode: "halfEven",
  });

  function element(name, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // a scale from 0 (or below) in round steps
  function scale(values) {
    const low = Math.min(0, ...values), high = Math.max(0, ...values);
    const rough = (high - low || 1) / 4;
    const ten = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((times) => times * ten).find((size) => size >= rough);
    const from = Math.floor(low / step) * step, to = Math.ceil(high / step) * step || step;
    const ticks = [];
    for (let tick = from; tick <= to + step / 2; tick += step) ticks.push(Number(tick.toPrecision(12)));
    return { from, to, step, ticks };
  }

  function draw(title, points, series, divisor) {
    const [left, right, top, height] = [58, 452, 30, 190];
    const drawn = element("svg", { viewBox: "0 0 460 246", role: "img", "aria-label": title, "font-family": "system-ui, Segoe UI, Arial, sans-serif", "font-size": 12 });
    drawn.append(element("title", {}, title));
    const labels = [...new Set(told.months.map((month) => month.label))];
    const axis = scale(points.map((point) => point.value / divisor));
    const x = (label) => left + (labels.indexOf(label) + 0.5) * (right - left) / labels.length;
    const y = (value) => top + height * (1 - (value - axis.from) / (axis.to - axis.from));
    const decimals = Math.max(0, -Math.floor(Math.log10(axis.step) + 1e-9));
    for (const tick of axis.ticks) {
      drawn.append(element("line", { x1: left, x2: right, y1: y(tick), y2: y(tick), stroke: "#e3e8ed" }));
      drawn.append(element("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end", fill: "#3c4856" }, written(tick, decimals)));
    }
    for (const label of labels) {
      drawn.append(element("text", { x: x(label), y: top + height + 18, "text-anchor": "middle", fill: "#3c4856" }, label));
    }
    let at = 0;
    for (const [name, colour] of series) {
      const own = points.filter((point) => point.series === name);
      drawn.append(element("rect", { x: at, y: 2, width: 10, height: 10, fill: colour }));
      drawn.append(element("text", { x: at + 15, y: 11, fill: "#3c4856" }, name));
      at += 40 + 7 * name.length;
      // a month without a value breaks the line
      const path = own.map((point, number) => {
        const follows = number && labels.indexOf(point.label) === labels.indexOf(own[number - 1].label) + 1;
        return (follows ? "L" : "M") + x(point.label) + " " + y(point.value / divisor);
      }).join("");
      drawn.append(element("path", { d: path, fill: "none", stroke: colour, "stroke-width": 2 }));
      for (const point of own) {
        drawn.append(element("circle", { cx: x(point.label), cy: y(point.value / divisor), r: 3.5, fill: colour }));
      }
    }
    return drawn;
  }

  function redraw(figure, months) {
    const [value, decimals, isPrice, divisor] = measures[figure.id];
    const points = months.map((sum) => {
      const kind = isPrice ? (sum.isClosed ? " bogført" : " planlagt") : "";
      return { label: sum.label, year: sum.year, series: sum.year + kind, value: sum.courses || sum.planned || sum.posted ? value(sum) : null };
    }).filter((point) => point.value !== null);
    const years = [told.year, told.year - 1];
    const named = years.flatMap((year, place) => [
      [year + " bogført", told.colours[2 * place]], [year + " planlagt", told.colours[2 * place + 1]], [String(year), told.colours[2 * place]],
    ]);
    const series = named.filter(([name]) => points.some((point) => point.series === name));
    figure.querySelector("svg").replaceWith(draw(figure.querySelector("h3").textContent, points, series, divisor || 1));
    for (const row of figure.querySelectorAll("tbody tr")) {
      const label = row.querySelector("th").textContent;
      [...row.querySelectorAll("td")].forEach((cell, place) => {
        const point = points.find((each) => each.label === label && Number(each.year) === told.year - 1 + place);
        cell.textContent = written(point ? point.value : null, decimals);
      });
    }
  }

  function show() {
    offer();
    const chosen = selects.filter((select) => select.value).map((select) => select.selectedOptions[0].textContent);
    document.getElementById("udvalg").textContent = chosen.length ? "Udvalg: " + chosen.join(", ") + "." : "Alle forløb.";
    if (!chosen.length) {
      charts.forEach((figure, place) => figure.replaceChildren(...all[place].cloneNode(true).childNodes));
      return;
    }
    const months = sums();
    charts.forEach((figure) => redraw(figure, months));
  }

  function remember() {
    const chosen = new URLSearchParams(selects.filter((select) => select.value).map((select) => [select.name, select.value]));
    history.replaceState(null, "", chosen.size ? "#" + chosen : location.pathname);
    show();
  }

  // an address without a selection is a place on the page
  function recall() {
    const chosen = new URLSearchParams(location.hash.slice(1));
    for (const select of selects) {
      select.value = chosen.get(select.name) ?? "";
      if (select.selectedIndex < 0) select.value = "";
    }
    show();
  }

  form.hidden = false;
  form.addEventListener("change", remember);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(remember));
  addEventListener("hashchange", () => { if (location.hash.includes("=")) recall(); });
  recall();
})();

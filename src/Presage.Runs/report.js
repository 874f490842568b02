"use strict";
const figures = JSON.parse(document.getElementById("figures").textContent);
const narrow = window.innerWidth < 700;
const plots = [...document.querySelectorAll(".plot")];
plots.forEach((plot, index) => {
  const figure = figures[index];
  // A finger on a phone scrolls the page, it does not zoom the chart; and there is no room for buttons beside the legend.
  figure.layout.dragmode = narrow ? false : "zoom";
  figure.config.displayModeBar = !narrow;
  Plotly.newPlot(plot, figure.data, figure.layout, figure.config);
});
document.querySelectorAll(".layers button").forEach((button, layer) => button.addEventListener("click", () => {
  const hidden = button.classList.toggle("off");
  button.setAttribute("aria-pressed", String(!hidden));
  plots.filter(plot => plot.classList.contains("by-layer")).forEach(plot => Plotly.restyle(plot, { visible: !hidden }, [layer]));
}));

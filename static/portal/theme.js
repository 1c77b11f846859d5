// Before the first paint: the chosen theme (cookie), else the device's.
(() => {
  const chosen = document.cookie.match(/(?:^|; )theme=(light|dark)/);
  const device = matchMedia("(prefers-color-scheme: dark)");
  const set = () => {
    document.documentElement.dataset.bsTheme = chosen ? chosen[1] : device.matches ? "dark" : "light";
  };
  set();
  device.addEventListener("change", set);
  addEventListener("beforeprint", () => { document.documentElement.dataset.bsTheme = "light"; });
  addEventListener("afterprint", set);
})();

// A file of its own, loaded before anything is painted: the content security policy allows no inline
// script, and a later one would flash the wrong colours.
try {
  var theme = localStorage.getItem('waybill-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off: the system's colours it is.
}

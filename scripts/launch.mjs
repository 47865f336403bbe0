/**
 * What `npm start`, `npm test`, `npm run check` and `npm run waybill` run. It has no dependencies and needs
 * only Node 20: it installs what is missing, then hands over to the pinned Node. See docs/adr/0001.
 *
 * This file keeps to old syntax, so that an older Node can still read it and say what is wrong.
 */
const OLDEST_NODE = 20;

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  process.stderr.write(
    'waybill: Node ' +
      OLDEST_NODE +
      ' or newer is needed to begin with, and this is ' +
      process.version +
      '. Install one from https://nodejs.org and run this again.\n',
  );
  process.exitCode = 1;
} else {
  import('./launch/launch.mjs').then(
    (launcher) => launcher.launch(process.argv.slice(2)),
    (error) => {
      process.stderr.write('waybill: ' + error.stack + '\n');
      process.exitCode = 1;
    },
  );
}

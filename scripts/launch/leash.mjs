/**
 * Preloaded into every tool that the launcher runs: when the launcher is gone, even by SIGKILL, the tool ends too.
 * Otherwise an orphaned npm would still write into node_modules while the next start installs there.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel?.unref();

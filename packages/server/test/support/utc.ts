/** To be imported before what formats local times, so that a test expects the same on every machine. */
process.env['TZ'] = 'UTC';

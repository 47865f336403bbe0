import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `waybill serve` listens; the development server passes API calls on to it. */
const backEnd = 'http://127.0.0.1:8420';

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    // The server's policy allows fonts and scripts from its own origin only, so nothing may become a data: URL.
    assetsInlineLimit: 0,
    // Module preload needs no polyfill in any browser that knows light-dark().
    modulePreload: { polyfill: false },
    target: ['chrome123', 'firefox121', 'safari17.5'],
  },
  server: { proxy: { '/api': { target: backEnd, changeOrigin: false } } },
});

import type { ReactNode } from 'react';

/** Drawn on a 16-px grid with a 1.5-px pen, so that they sit on the text's weight. */
const drawings = {
  mail: <path d="M2 4.5h12v7.5H2zM2.3 5l5.7 4.3L13.7 5" />,
  live: <path d="M1.5 8.5h3l2-5 3 9 2-4h3" />,
  people: (
    <path d="M6 8a2.4 2.4 0 1 0 0-4.8A2.4 2.4 0 0 0 6 8ZM1.8 13c.3-2.2 2-3.4 4.2-3.4s3.9 1.2 4.2 3.4M10.5 3.5a2.3 2.3 0 0 1 0 4.3M12 9.9c1.3.5 2.1 1.6 2.3 3.1" />
  ),
  bell: (
    <path d="M8 2.2c-2.3 0-3.7 1.7-3.7 3.8 0 3-1.3 3.7-1.3 5h10c0-1.3-1.3-2-1.3-5 0-2.1-1.4-3.8-3.7-3.8ZM6.7 13.3c.3.5.7.7 1.3.7s1-.2 1.3-.7" />
  ),
  settings: (
    <path d="M2 4.5h6.5M12.5 4.5H14M2 11.5h1.5M7.5 11.5H14M10.5 6.3a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6ZM5.5 13.3a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Z" />
  ),
  pen: <path d="M10.8 2.7l2.5 2.5L5.5 13l-3.2.7.7-3.2zM9.3 4.2l2.5 2.5" />,
  inbox: <path d="M2 9.5 4 3.5h8l2 6v3.5H2zM2 9.5h3.5c0 1.5 1 2.2 2.5 2.2s2.5-.7 2.5-2.2H14" />,
  search: <path d="M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.3 10.3 14 14" />,
  copy: <path d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3" />,
  check: <path d="M3 8.5 6.5 12 13 4.5" />,
  close: <path d="m4 4 8 8M12 4l-8 8" />,
  plus: <path d="M8 3v10M3 8h10" />,
  back: <path d="M9.5 3.5 5 8l4.5 4.5" />,
  next: <path d="M6.5 3.5 11 8l-4.5 4.5" />,
  down: <path d="M3.5 6 8 10.5 12.5 6" />,
  out: <path d="M6.5 3.5h-3v9h9v-3M9 2.5h4.5V7M13.5 2.5 7.5 8.5" />,
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  play: <path d="M5 3.2v9.6L12.5 8z" />,
  sun: (
    <path d="M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM8 1.5V3M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1" />
  ),
  moon: <path d="M13.5 9.5A6 6 0 0 1 6.5 2.5a5.8 5.8 0 1 0 7 7Z" />,
  system: <path d="M2 3h12v8H2zM6 13.5h4M8 11v2.5" />,
  trash: <path d="M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.6 9h6.8l.6-9M6.7 7v4M9.3 7v4" />,
  warning: <path d="M8 2.5 14.5 13.5h-13zM8 6.5v3.3M8 11.7v.1" />,
  person: (
    <>
      <circle cx="8" cy="5.6" r="2.4" />
      <path d="M3.7 13c.3-2.6 2-4 4.3-4s4 1.4 4.3 4" />
    </>
  ),
  gear: (
    <>
      <circle cx="8" cy="8" r="2.2" />
      <path d="M8 2.5v2M8 11.5v2M2.5 8h2M11.5 8h2M4.1 4.1l1.4 1.4M10.5 10.5l1.4 1.4M11.9 4.1l-1.4 1.4M5.5 10.5l-1.4 1.4" />
    </>
  ),
  shield: <path d="M8 2 3 4v3.7c0 3 2 5.2 5 6.3 3-1.1 5-3.3 5-6.3V4z" />,
  clock: <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.8V8l2.2 1.5" />,
  truck: (
    <path d="M1.5 4h8v7h-8zM9.5 6.5h3l2 2.5v2h-5M4.2 13a1.2 1.2 0 1 0 0-2.4 1.2 1.2 0 0 0 0 2.4ZM11.5 13a1.2 1.2 0 1 0 0-2.4 1.2 1.2 0 0 0 0 2.4Z" />
  ),
  link: (
    <path d="M6.7 9.3a2.6 2.6 0 0 0 3.7 0l2.4-2.4a2.6 2.6 0 0 0-3.7-3.7l-.9.9M9.3 6.7a2.6 2.6 0 0 0-3.7 0L3.2 9.1a2.6 2.6 0 0 0 3.7 3.7l.9-.9" />
  ),
  reply: <path d="M6.5 3.5 2.5 7.5l4 4M2.5 7.5H9c3 0 4.5 1.5 4.5 5" />,
  stop: <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM3.8 3.8l8.4 8.4" />,
  bold: <path d="M5 3h3.5a2.4 2.4 0 0 1 0 4.8H5zM5 7.8h4.2a2.6 2.6 0 0 1 0 5.2H5z" />,
  italic: <path d="M7 3h4.5M4.5 13H9M9.3 3 6.7 13" />,
  list: <path d="M6 4h8M6 8h8M6 12h8M2.5 4v.1M2.5 8v.1M2.5 12v.1" />,
  question: (
    <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.2 6.3c.1-1 .8-1.6 1.8-1.6s1.8.6 1.8 1.5c0 1.2-1.8 1.4-1.8 2.8M8 11.2v.1" />
  ),
  phone: <path d="M4.5 1.5h7v13h-7zM7.3 12.5h1.4" />,
  device: <path d="M2.5 3h11v7.5h-11zM1 13h14" />,
  leave: <path d="M6.5 2.5h-4v11h4M10 4.5 13.5 8 10 11.5M13.5 8H6" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof drawings;

/** Decoration: whatever it says must also stand in words or in the control's label. */
export function Icon({ name, size = 16, className }: { name: IconName; size?: number; className?: string }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      className={`shrink-0 ${className ?? ''}`}
    >
      {drawings[name]}
    </svg>
  );
}

import { Link } from '@tanstack/react-router';

/** A W drawn as a parcel's way, with its last station reached. */
export function BrandMark({ size = 22 }: { size?: number }) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 22 22" fill="none" className="shrink-0">
      <path
        d="M3 7l4.2 10L11 9l3.8 8L18.5 7.8"
        stroke="currentColor"
        strokeWidth="1.9"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="18.5" cy="6" r="3" className="fill-person" />
    </svg>
  );
}

export function Brand() {
  return (
    <Link
      to="/"
      className="inline-flex min-h-11 items-center gap-2 rounded-md text-field font-semibold md:min-h-9"
    >
      <BrandMark />
      Waybill
    </Link>
  );
}

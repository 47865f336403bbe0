import type { ReactNode } from 'react';
import { BrandMark } from '../app/brand.tsx';

/** The frame of the pages before the sign-in: the mark, one column, nothing else. */
export function OutsidePage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center px-4 py-10">
      <div className="mb-6 flex items-center gap-2 text-field font-semibold">
        <BrandMark />
        Waybill
      </div>
      <h1 className="mb-6 text-verdict font-semibold text-balance">{title}</h1>
      {children}
    </main>
  );
}

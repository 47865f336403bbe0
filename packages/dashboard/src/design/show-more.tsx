import { Button } from './button.tsx';

/** Below a listing that goes on: gets its next page. */
export function ShowMore({
  listing,
  label,
}: {
  /** A query of pages. */
  listing: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
  label: string;
}) {
  if (!listing.hasNextPage) return null;
  return (
    <div className="py-5 text-center">
      <Button busy={listing.isFetchingNextPage} onClick={() => void listing.fetchNextPage()}>
        {listing.isFetchingNextPage ? 'Loading' : label}
      </Button>
    </div>
  );
}

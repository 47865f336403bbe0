import { createContext, useContext } from 'react';
import { type LiveState, type LiveStream, useLiveState } from '../api/live-stream.ts';

const LiveContext = createContext<LiveStream | undefined>(undefined);

export const LiveProvider = LiveContext.Provider;

export function useLiveStream(): LiveStream {
  const stream = useContext(LiveContext);
  if (stream === undefined)
    throw new Error('The event stream is provided by the shell, and this is outside of it.');
  return stream;
}

export function useConnection(): LiveState {
  return useLiveState(useLiveStream());
}

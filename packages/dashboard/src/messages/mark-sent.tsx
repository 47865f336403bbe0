import { useMutation, useQueryClient } from '@tanstack/react-query';
import { request } from '../api/request.ts';
import { Button } from '../design/button.tsx';
import { ProblemNote } from '../design/states.tsx';

/** For mails that one sends oneself: until this is pressed, every opening counts as the sender's own. */
export function MarkSent({ messageId, onSent }: { messageId: string; onSent?: () => void }) {
  const queryClient = useQueryClient();
  const sent = useMutation({
    mutationFn: () =>
      request<{ id: string; sentAt: string }>('POST', `/messages/${encodeURIComponent(messageId)}/sent`),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['message', messageId] });
      void queryClient.invalidateQueries({ queryKey: ['messages'] });
      onSent?.();
    },
  });
  return (
    <div className="flex flex-col items-start gap-3">
      <p className="text-soft">
        Until then, every opening counts as your own: your mail program loads the image while you write.
      </p>
      {sent.isError && <ProblemNote error={sent.error} />}
      <Button look="primary" icon="check" busy={sent.isPending} onClick={() => sent.mutate()}>
        I have sent it
      </Button>
    </div>
  );
}

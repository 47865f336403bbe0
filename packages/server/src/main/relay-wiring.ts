export async function startRelay(_: any): Promise<any> {
  return {
    demo: true,
    smtp: undefined,
    smtps: undefined,
    filter: undefined,
    ownMail: { send: async () => {} },
    messages: {
      create: async () => {
        throw new Error('x');
      },
    },
    close: async () => {},
  };
}

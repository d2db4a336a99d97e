import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import { messageSchema } from '../lambda-src/contract/message.ts';

/** The JSON Schema of the notification topic's messages. It allows unknown fields, because a new field does not change a message's version. */
export const MESSAGE_JSON_SCHEMA = {
  title: 'Message of the notification topic',
  ...z.toJSONSchema(messageSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // The format says it; zod's pattern for the same is 300 characters long.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  }),
};

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(MESSAGE_JSON_SCHEMA, null, 2));

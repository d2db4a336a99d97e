import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import { manifestSchema } from '../lambda-src/contract/manifest.ts';

/** The JSON Schema of manifests. It allows unknown fields, because a new field does not change a manifest's version. */
export const MANIFEST_JSON_SCHEMA = { title: 'Manifest of a photo', ...z.toJSONSchema(manifestSchema, { io: 'input' }) };

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(MANIFEST_JSON_SCHEMA, null, 2));

import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { AwsRequest } from '../aws/aws-requests.ts';
import { uploadTo } from '../aws/upload.ts';
import type { KeptObject, PresetState } from './preset-state.ts';

/** Copies the objects of the embedded S3, which holds them in memory, to the state folder and back. Objects are named `bucket/key`. */
export class KeptObjects {
  readonly #s3: S3Client;
  readonly #state: PresetState;
  /** Copies one object at a time: that bounds memory, and the last write wins. */
  #last: Promise<void> = Promise.resolve();

  constructor(s3: S3Client, state: PresetState) {
    this.#s3 = s3;
    this.#state = state;
  }

  /** Copies the object that a request may have changed, as it is now. */
  follow(request: AwsRequest): void {
    if (request.service !== 's3' || request.status >= 300 || request.method === 'GET' || request.method === 'HEAD') return;
    const { bucket, key } = request;
    this.#last = this.#last.then(() => this.#copy(bucket, key)).catch(this.#state.fail);
  }

  /** Puts the wanted objects back into S3 and drops all others. Returns the names of those it found. */
  async restore(wanted: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const restored = new Set<string>();
    for (const name of await this.#state.names()) {
      const object = wanted.has(name) ? await this.#state.read(name) : undefined;
      if (object === undefined) await this.#state.drop(name);
      else await this.#putBack(name, object);
      if (object !== undefined) restored.add(name);
    }
    return restored;
  }

  /** Resolves when every change so far has been copied. */
  settled(): Promise<void> {
    return this.#last;
  }

  async #putBack(name: string, object: KeptObject): Promise<void> {
    const slash = name.indexOf('/');
    await uploadTo(this.#s3, name.slice(0, slash), { key: name.slice(slash + 1), ...object });
  }

  async #copy(bucket: string, key: string): Promise<void> {
    const object = await this.#read(bucket, key);
    if (object === undefined) await this.#state.drop(`${bucket}/${key}`);
    else await this.#state.keep(`${bucket}/${key}`, object);
  }

  /** Undefined if it was deleted. */
  async #read(Bucket: string, Key: string): Promise<KeptObject | undefined> {
    const answer = await this.#s3.send(new GetObjectCommand({ Bucket, Key })).catch((error: Error) => {
      if (error.name !== 'NoSuchKey') throw error;
    });
    if (answer?.Body === undefined) return undefined;
    const body = Buffer.from(await answer.Body.transformToByteArray());
    return { body, contentType: answer.ContentType, metadata: answer.Metadata };
  }
}

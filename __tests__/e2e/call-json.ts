/** A call with AWS's JSON protocol. */
export interface JsonCall {
  readonly service: string;
  readonly region: string;
  /** Such as `TrentService.CreateKey`. */
  readonly target: string;
  readonly body: object;
}

/** Calls an emulated service for which the project has no client. The emulator reads service and region from the signature without verifying it. */
export async function callJson(url: string, { service, region, target, body }: JsonCall): Promise<unknown> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': target,
      authorization: `AWS4-HMAC-SHA256 Credential=emulated/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${target} failed: ${text}`);
  return JSON.parse(text || '{}');
}

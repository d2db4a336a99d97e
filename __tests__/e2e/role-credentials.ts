import type { EmulatedAws } from './emulated-aws.ts';

/** Credentials of a role, as environment variables of a function. */
export async function assumedRole({ url, region }: EmulatedAws, roleArn: string): Promise<Record<string, string>> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=emulated/20260101/${region}/sts/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: new URLSearchParams({ Action: 'AssumeRole', Version: '2011-06-15', RoleArn: roleArn, RoleSessionName: 'function' }).toString(),
  });
  const xml = await answer.text();
  const field = (name: string): string => {
    const value = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
    if (value === undefined) throw new Error(`AssumeRole of ${roleArn} failed: ${xml}`);
    return value;
  };
  return {
    AWS_ACCESS_KEY_ID: field('AccessKeyId'),
    AWS_SECRET_ACCESS_KEY: field('SecretAccessKey'),
    AWS_SESSION_TOKEN: field('SessionToken'),
  };
}

/** Makes the emulator check the action of every call against IAM; it accepts any credentials before and after. */
export async function whilePermissionsAreEnforced<T>({ url }: EmulatedAws, work: () => Promise<T>): Promise<T> {
  const callsWithoutChecks = async (count: string): Promise<void> => {
    const answer = await fetch(`${url}/moto-api/reset-auth`, { method: 'POST', body: count });
    if (!answer.ok) throw new Error(`the emulator does not check permissions: ${await answer.text()}`);
  };
  await callsWithoutChecks('0');
  try {
    return await work();
  } finally {
    await callsWithoutChecks('inf');
  }
}

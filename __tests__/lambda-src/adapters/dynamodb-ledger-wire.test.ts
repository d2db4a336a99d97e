import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DynamoDbLedger } from '../../../lambda-src/adapters/dynamodb-ledger.ts';
import { imageId } from '../../../lambda-src/adapters/ledger-item.ts';
import { aClaim } from '../upload-event.ts';
import { type Answer, CLIENT, ScriptedServer } from './scripted-server.ts';

describe('On the wire, the ledger', () => {
  const json = (status: number, body: object): Answer => ({
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify(body),
  });
  const refusal = (more: object = {}) => json(400, { __type: 'ConditionalCheckFailedException', message: 'no', ...more });
  const item = { Status: { S: 'processing' }, Owner: { S: 'request-2' }, Sequencer: { S: 'F' } };
  let scripted: ScriptedServer;
  let ledger: DynamoDbLedger;
  let wire: DynamoDBClient;

  beforeAll(async () => {
    scripted = await ScriptedServer.start();
    wire = new DynamoDBClient({ ...CLIENT, endpoint: scripted.url });
    ledger = new DynamoDbLedger(wire, 'ledger', 'ImageId');
  });

  afterAll(async () => {
    wire.destroy();
    await scripted.close();
  });

  test('reads consistently, because a stale answer would hide who holds the claim', async () => {
    scripted.script(json(200, {}));

    expect(await ledger.read('uploads', 'photo.jpg')).toBeUndefined();
    expect(JSON.parse(scripted.asked[0]?.body ?? '')).toEqual({
      TableName: 'ledger',
      Key: { ImageId: { S: imageId('uploads', 'photo.jpg') } },
      ConsistentRead: true,
    });
  });

  test('requests the record that blocks a write, and reads it only if the answer lacks it', async () => {
    scripted.script(refusal({ Item: item }));

    expect(await ledger.claim(aClaim())).toMatchObject({ status: 'refused', record: { owner: 'request-2' } });
    expect(scripted.asked).toHaveLength(1);
    expect(JSON.parse(scripted.asked[0]?.body ?? '')).toMatchObject({
      ReturnValues: 'ALL_OLD',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });

    scripted.script(refusal(), json(200, { Item: item }));

    expect(await ledger.claim(aClaim())).toMatchObject({ status: 'refused', record: { owner: 'request-2' } });
  });

  test('treats a record that was deleted after it blocked a write as open to any claim', async () => {
    scripted.script(refusal(), json(200, {}));

    expect(await ledger.claim(aClaim())).toMatchObject({
      status: 'refused',
      record: { status: 'processing', owner: '', leaseExpiresAt: 0 },
    });
  });

  test('throws on every other refusal', async () => {
    scripted.script(json(400, { __type: 'ResourceNotFoundException', message: 'there is no table' }));

    await expect(ledger.claim(aClaim())).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

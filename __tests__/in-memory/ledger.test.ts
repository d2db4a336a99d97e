import { describe } from '@jest/globals';
import { itIsALedger } from '../lambda-src/adapters/ledger-contract.ts';
import { MemoryLedger } from './ledger.ts';

describe('The ledger in memory', () => {
  itIsALedger(async () => new MemoryLedger());
});

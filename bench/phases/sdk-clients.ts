import { makeClients } from '../../lambda-src/adapters/aws-clients.ts';

// The part of the handler's init that loads the AWS SDK and creates its clients.
makeClients();

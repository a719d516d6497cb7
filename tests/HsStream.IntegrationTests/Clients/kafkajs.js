#!/usr/bin/env node
// kafkajs 2.2 against a Kafka cluster: kafkajs.js BOOTSTRAP    (NODE_PATH or .tools/node_modules holds kafkajs)
// Prints one line a check; the first that fails ends the program with status 1.
'use strict';
const path = require('path');
const zlib = require('zlib');

function load() {
  try {
    return require('kafkajs');
  } catch (e) {
    return require(path.resolve(__dirname, '../../../.tools/node_modules/kafkajs'));
  }
}

const { Kafka, logLevel, CompressionTypes, CompressionCodecs, ConfigResourceTypes } = load();
const bootstrap = process.argv[2];
if (!bootstrap) { console.error('usage: kafkajs.js BOOTSTRAP'); process.exit(2); }
const run = `kjs-${process.pid}-${Date.now().toString(36)}`;
const limitMs = 60000;
const kafka = new Kafka({ clientId: run, brokers: bootstrap.split(','), logLevel: logLevel.NOTHING, retry: { retries: 8, initialRetryTime: 100 } });

function fail(name, detail) {
  console.log(`FAILED - ${name} ${detail === undefined ? '' : JSON.stringify(detail)}`);
  process.exit(1);
}

function check(name, condition, detail) {
  if (!condition) fail(name, detail);
  console.log(`ok - ${name}`);
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

async function waitFor(what, condition) {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) fail(`waited ${limitMs} ms for ${what}`);
    await pause(30);
  }
}

async function refused(name, type, action) {
  try {
    await action();
  } catch (e) {
    const types = [e.type, ...(e.errors || []).map(inner => inner.type), ...(e.groups || []).map(inner => inner.error && inner.error.type)];
    return check(name, types.includes(type), types);
  }
  fail(name, 'nothing was refused');
}

async function create(admin, topic, numPartitions = 1, configEntries = [{ name: 'retention.ms', value: '-1' }]) { // old timestamps
  await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }], waitForLeaders: true });
  await waitFor(`the leaders of ${topic}`, async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0].partitions.length === numPartitions && topics[0].partitions.every(p => p.leader >= 0);
  });
}

async function readAll(topic, count, { readUncommitted = false, fromBeginning = true, groupId = `${run}-r-${Math.random()}`, hold } = {}) {
  const consumer = kafka.consumer({ groupId, readUncommitted, maxWaitTimeInMs: 200, sessionTimeout: 10000, rebalanceTimeout: 10000 });
  const records = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning });
  await consumer.run({ eachMessage: async ({ partition, message }) => { records.push({ partition, ...message }); } });
  await waitFor(`${count} records of ${topic}`, () => records.length >= count);
  if (hold) await pause(hold);
  await consumer.disconnect();
  return records;
}

async function codecs(admin) {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const kinds = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP };
  if (zlib.zstdCompress) {
    const { promisify } = require('util');
    CompressionCodecs[CompressionTypes.ZSTD] = () => ({
      compress: encoder => promisify(zlib.zstdCompress)(encoder.buffer), decompress: buffer => promisify(zlib.zstdDecompress)(buffer),
    });
    kinds.zstd = CompressionTypes.ZSTD;
  }
  for (const [name, compression] of Object.entries(kinds)) {
    const topic = `${run}-${name}`;
    await create(admin, topic);
    const messages = Array.from({ length: 300 }, (_, n) => ({ key: `k${n}`, value: `value ${n} ${'x'.repeat(50)}`, headers: { n: `${n}` }, timestamp: `${1700000000000 + n}` }));
    const [row] = await producer.send({ topic, compression, acks: -1, messages });
    check(`acknowledges the first offset with codec ${name}`, row.errorCode === 0 && row.baseOffset === '0', row);
    const records = await readAll(topic, 300);
    check(`reads records as written with codec ${name}`, same(
      records.map(r => [r.offset, r.key.toString(), r.value.toString(), r.headers.n.toString(), r.timestamp]),
      messages.map((m, n) => [`${n}`, m.key, m.value, `${n}`, m.timestamp])));
  }
  const topic = `${run}-none`;
  await producer.send({ topic, messages: [{ key: 'gone', value: null }] });
  await producer.disconnect();
  const light = kafka.producer();
  await light.connect();
  await light.send({ topic, acks: 1, messages: [{ value: 'one' }] });
  await light.send({ topic, acks: 0, messages: [{ value: 'zero' }] });
  await light.disconnect();
  await waitFor('the record sent with acks 0', async () => (await admin.fetchTopicOffsets(topic))[0].high === '303');
  check('acks 0 and 1', true);
  check('an offset by time', (await admin.fetchTopicOffsetsByTimestamp(topic, 1700000000123))[0].offset === '123');
  const [{ low, high }] = await admin.fetchTopicOffsets(topic);
  check('the beginning and the end', low === '0' && high === '303', { low, high });
}

class Member {
  constructor(topic, groupId) {
    this.records = [];
    this.assigned = [];
    this.topic = topic;
    this.consumer = kafka.consumer({ groupId, sessionTimeout: 10000, rebalanceTimeout: 10000, heartbeatInterval: 500, maxWaitTimeInMs: 200 });
    this.consumer.on(this.consumer.events.GROUP_JOIN, e => { this.assigned = e.payload.memberAssignment[topic] || []; });
  }

  async start() {
    await this.consumer.connect();
    await this.consumer.subscribe({ topic: this.topic, fromBeginning: true });
    await this.consumer.run({ autoCommitThreshold: 1, eachMessage: async ({ partition, message }) => { this.records.push(`${partition}:${message.offset}`); } });
    return this;
  }
}

async function groups(admin) {
  const topic = `${run}-group`;
  await create(admin, topic, 6);
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const produce = count => producer.send({ topic, messages: Array.from({ length: count }, (_, n) => ({ value: `${n}`, partition: n % 6 })) });
  const members = [];
  const total = () => members.reduce((sum, m) => sum + m.records.length, 0);
  const shared = live => live.every(m => m.assigned.length === 6 / live.length) && new Set(live.flatMap(m => m.assigned)).size === 6;
  for (let n = 1; n <= 3; n++) {
    members.push(await new Member(topic, topic).start());
    await waitFor(`${n} members to share 6 partitions`, () => shared(members));
  }
  await produce(600);
  await waitFor('600 records', () => total() >= 600);
  const described = await admin.describeGroups([topic]);
  check('the group is described', described.groups[0].state === 'Stable' && described.groups[0].members.length === 3, described);
  check('the group is listed', (await admin.listGroups()).groups.some(g => g.groupId === topic && g.protocolType === 'consumer'));
  await members[2].consumer.disconnect();
  await waitFor('two members to share 6 partitions', () => shared(members.slice(0, 2)));
  await produce(600);
  await waitFor('1200 records', () => total() >= 1200);
  const seen = members.flatMap(m => m.records);
  check('each record is read once', seen.length === 1200 && new Set(seen).size === 1200, seen.length);
  await members[0].consumer.disconnect();
  await members[1].consumer.disconnect();
  const [offsets] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
  check('the group committed its ends', offsets.partitions.every(p => p.offset === '200'), offsets);

  await admin.setOffsets({ groupId: topic, topic, partitions: [{ partition: 0, offset: '150' }] });
  const rest = await readAll(topic, 50, { groupId: topic, hold: 300 });
  check('goes on at the committed offset', rest.length === 50 && rest[0].offset === '150' && rest[0].partition === 0, rest.length);
  await producer.disconnect();
  await admin.deleteGroups([topic]);
  check('the group is deleted', !(await admin.listGroups()).groups.some(g => g.groupId === topic));
}

async function transactions(admin) {
  const [topic, groupId] = [`${run}-txn`, `${run}-txn-group`];
  await create(admin, topic, 2);
  const producer = kafka.producer({ transactionalId: `${run}-id`, idempotent: true, maxInFlightRequests: 1, transactionTimeout: 30000 });
  await producer.connect();
  for (const word of ['commit', 'abort', 'commit2']) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: Array.from({ length: 20 }, (_, n) => ({ value: `${word}-${n}`, partition: n % 2 })) });
    if (word === 'abort') {
      await transaction.abort();
    } else {
      await transaction.sendOffsets({ consumerGroupId: groupId, topics: [{ topic, partitions: [{ partition: 0, offset: '7' }] }] });
      await transaction.commit();
    }
  }
  const words = records => [...new Set(records.map(r => r.value.toString().split('-')[0]))].sort();
  check('committed transactions are read, aborted ones not', same(words(await readAll(topic, 40, { hold: 500 })), ['commit', 'commit2']));
  check('an uncommitted reader sees all', (await readAll(topic, 60, { readUncommitted: true, hold: 300 })).length === 60);
  const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
  check('offsets are committed in the transaction', offsets.partitions.find(p => p.partition === 0).offset === '7', offsets);

  const open = await producer.transaction();
  await open.send({ topic, messages: [{ value: 'zombie-0', partition: 0 }] });
  const heir = kafka.producer({ transactionalId: `${run}-id`, idempotent: true, maxInFlightRequests: 1, transactionTimeout: 30000 });
  await heir.connect();
  const next = await heir.transaction();
  await next.send({ topic, messages: [{ value: 'heir-0', partition: 0 }] });
  let fenced = false;
  try {
    await open.commit();
  } catch (e) {
    fenced = ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_TXN_STATE'].includes(e.type);
  }
  check('a zombie is fenced', fenced);
  await next.commit();
  check('a zombie\'s records are not read', same(words(await readAll(topic, 41, { hold: 300 })), ['commit', 'commit2', 'heir']));
  await heir.disconnect();
  await producer.disconnect();
}

async function administration(admin) {
  const topic = `${run}-admin`;
  await create(admin, topic, 2, [{ name: 'retention.ms', value: '7200000' }]);
  check('a second creation is refused', (await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] })) === false);
  await refused('a bad config is refused', 'INVALID_CONFIG', () =>
    admin.createTopics({ topics: [{ topic: `${topic}-x`, numPartitions: 1, replicationFactor: 1, configEntries: [{ name: 'no.such', value: '1' }] }] }));
  const configs = async () => {
    const { resources } = await admin.describeConfigs({ resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }], includeSynonyms: false });
    return Object.fromEntries(resources[0].configEntries.map(e => [e.configName, e.configValue]));
  };
  const described = await configs();
  check('configs are described', described['retention.ms'] === '7200000' && Object.keys(described).length > 15, described);
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name: 'retention.ms', value: '3600000' }] }] });
  await waitFor('the altered config', async () => (await configs())['retention.ms'] === '3600000');
  check('configs are altered', true);
  await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
  await waitFor('four partitions', async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length === 4);
  check('partitions are added', true);
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: Array.from({ length: 10 }, (_, n) => ({ value: `${n}`, partition: 0 })) });
  await producer.disconnect();
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] });
  check('records are deleted', (await admin.fetchTopicOffsets(topic)).find(p => p.partition === 0).low === '4');
  const cluster = await admin.describeCluster();
  check('the cluster describes itself', cluster.brokers.length >= 1 && typeof cluster.clusterId === 'string', cluster);
  await admin.deleteTopics({ topics: [topic] });
  await waitFor('the topic to go', async () => !(await admin.listTopics()).includes(topic));
  check('a topic is deleted', true);
}

(async () => {
  const admin = kafka.admin();
  await admin.connect();
  await administration(admin);
  await codecs(admin);
  await groups(admin);
  await transactions(admin);
  await admin.deleteTopics({ topics: (await admin.listTopics()).filter(t => t.startsWith(run)) });
  await admin.disconnect();
  console.log('all checks passed');
  process.exit(0);
})().catch(e => fail(`unexpected ${e.name} ${e.type || ''}: ${e.message}`));

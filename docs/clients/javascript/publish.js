// Publishes descriptions to hs.descriptions: each argument is one, ID=TEXT.
//
//   node docs/clients/javascript/publish.js 'js-1=USED RICE COOKER' 'js-2=SCREW HEX HEAD M6S 12 X 40'
const { Kafka, CompressionTypes, Partitioners, logLevel } = require('kafkajs')
const { SchemaRegistry } = require('@kafkajs/confluent-schema-registry')

async function main () {
  const kafka = new Kafka({ clientId: 'shipping-example', brokers: (process.env.KAFKA || '127.0.0.1:9092').split(','), logLevel: logLevel.ERROR })
  const registry = new SchemaRegistry({ host: process.env.REGISTRY || 'http://127.0.0.1:8081' })
  const schemaId = await registry.getLatestSchemaId('hs.descriptions-value')
  // Idempotent: a retry neither doubles a record nor changes its place.
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const messages = await Promise.all(process.argv.slice(2).map(async argument => {
    const [id, ...text] = argument.split('=')
    const value = { description_id: id, text: text.join('='), source: 'javascript-example', declared_code: null, described_at: null, attributes: {} }
    // The key is the description's id: it keeps revisions of one description in order.
    return { key: id, value: await registry.encode(schemaId, value) }
  }))
  await producer.send({ topic: 'hs.descriptions', acks: -1, compression: CompressionTypes.GZIP, messages })
  await producer.disconnect()
  console.log(`published ${messages.length} descriptions`)
}

main().catch(error => { console.error(error.message); process.exitCode = 1 })

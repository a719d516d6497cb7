// Prints predictions as they come; COUNT=n stops after n.
//
//   COUNT=10 node docs/clients/javascript/consume.js
const { Kafka, logLevel } = require('kafkajs')
const { SchemaRegistry } = require('@kafkajs/confluent-schema-registry')

const count = Number(process.env.COUNT || Infinity)
const seen = new Set()

async function main () {
  const kafka = new Kafka({ clientId: 'filing-example', brokers: (process.env.KAFKA || '127.0.0.1:9092').split(','), logLevel: logLevel.ERROR })
  const registry = new SchemaRegistry({ host: process.env.REGISTRY || 'http://127.0.0.1:8081' })
  // Predictions are written in transactions: what was not committed does not count.
  const consumer = kafka.consumer({ groupId: process.env.GROUP || 'filing-example-js', readUncommitted: false })
  await consumer.connect()
  await consumer.subscribe({ topics: ['hs.predictions'], fromBeginning: true })
  const done = new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, event => reject(event.payload.error))
    consumer.run({
      eachMessage: async ({ message }) => {
        const prediction = await registry.decode(message.value)
        // A description that was published twice has two predictions with one id: the second is a repetition.
        if (seen.size >= count || seen.has(prediction.prediction_id)) return
        seen.add(prediction.prediction_id)
        console.log([prediction.description_id, prediction.outcome, prediction.code, prediction.subheadings[0].probability.toFixed(3)].join('\t'))
        if (seen.size >= count) resolve()
      }
    })
  })
  await done
  await consumer.disconnect()
}

main().catch(error => { console.error(error.message); process.exitCode = 1 })

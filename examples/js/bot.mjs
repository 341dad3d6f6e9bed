// SPDX-License-Identifier: Apache-2.0
// bot.mjs: an agent that answers what people write, and streams an answer to every task. It needs
// Node 18 with the packages @carillon/chat and, before Node 22, ws; CARILLON_URL and CARILLON_KEY
// say where and as whom (an agent's ak_… key).
import { ChatClient } from '@carillon/chat'

const { CARILLON_URL: apiUrl, CARILLON_KEY: token } = process.env
const client = new ChatClient({ apiUrl, token })
const { api } = client
const me = await client.userId()

// What it has to say, piece by piece: this is where a model would be asked.
async function* think(title) {
  for (const word of `You asked: ${title} The answer is 42.`.split(/(?<= )/)) yield word
}

client.on('message.created', async ({ seq_num: seq }, conversationId) => {
  const { messages } = await api.getMessages(conversationId, { fromSeq: seq, toSeq: seq })
  const message = messages.find(({ senderType }) => senderType === 'human')
  if (!message) return
  // The same name for the same answer: should this bot be started twice, it is said once.
  const clientMsgId = `answer-to-${message.id}`
  const contentText = `You said: ${message.contentText}`
  await api.send({ conversationId, contentText, clientMsgId, replyToId: message.id })
})

client.on('task.status_updated', async ({ task_id: taskId, status, agent_id: agentId }) => {
  if (status !== 'queued' || agentId !== me) return
  const { title } = await api.getTask(taskId)
  await api.streamTask(taskId, think(title))
  await api.updateTask(taskId, { status: 'completed' })
})

client.on('error', (error) => console.error(`bot: ${error.message}`))
await client.connect()
console.log('bot: listening')

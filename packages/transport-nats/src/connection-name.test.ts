import { describe, expect, it } from 'vitest'
import { connectionName, readDisconnectEvent } from './connection-name.ts'

describe('a disconnect event', () => {
  const event = (name: unknown): string => JSON.stringify({ type: 'io.nats.server.advisory.v1.client_disconnect', client: { name } })

  it('names the node whose connection ended', () => {
    const name = connectionName('shop', 'n-1', 'c0ffee')
    expect(readDisconnectEvent(event(name), 'shop')).toEqual({ connectionName: name, node: 'n-1' })
  })

  it('of another cluster or another program says nothing', () => {
    const others = ['us/market/n-1/x', 'us/shop/n-1', 'us/shop/n 1/x', 'us/shop/n-1/x/y', 'nats-cli', '', 7, null, undefined, {}]
    expect(others.filter((name) => readDisconnectEvent(event(name), 'shop') !== undefined)).toEqual([])
  })

  it('that is malformed says nothing either', () => {
    const odd = ['', '{', 'null', '[]', '7', '{"client":null}', '{"client":"x"}']
    expect(odd.filter((json) => readDisconnectEvent(json, 'shop') !== undefined)).toEqual([])
  })
})

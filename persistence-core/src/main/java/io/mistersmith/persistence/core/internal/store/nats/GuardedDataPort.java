package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.impl.SocketDataPortWithWriteTimeout;
import java.io.IOException;

/**
 * The socket of a connection, behind {@link InboundFrames}: jnats gets only headers that it can
 * read. Public because jnats creates it by its name.
 */
public final class GuardedDataPort extends SocketDataPortWithWriteTimeout {

  private final InboundFrames frames = new InboundFrames(super::read);

  /** For jnats. */
  public GuardedDataPort() {}

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    return frames.read(into, offset, length);
  }
}

package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.Connection;
import org.jspecify.annotations.Nullable;

/** The connection in use, or why calls have none. Thread-safe; one thread at a time replaces it. */
final class PresentConnection {

  private final String servers;
  private final Outstanding outstanding;
  private volatile @Nullable Connection current;
  private volatile @Nullable Connection lost;
  private volatile @Nullable ReplyLanes lanes;
  private volatile @Nullable RefusedException refusal;
  private volatile String whyAway = "";
  private volatile boolean closed;

  /**
   * None yet.
   *
   * @param servers where connections lead to, for messages
   */
  PresentConnection(String servers, Outstanding outstanding) {
    this.servers = servers;
    this.outstanding = outstanding;
  }

  /** Returns the connection, which was open a moment ago; fails where there is none. */
  Connection require() {
    Connection connection = current;
    if (closed) {
      throw NatsFailures.closed();
    }
    RefusedException refused = refusal;
    if (refused != null) {
      throw NatsFailures.translate("NATS at " + servers, refused);
    }
    if (connection == null
        || lost == connection
        || connection.getStatus() != Connection.Status.CONNECTED) {
      throw NatsFailures.unreachable(
          "NATS at " + servers,
          "not connected" + whyAway + "; nothing was sent. It is being retried");
    }
    return connection;
  }

  /** Returns the connection, open or lost; null before the first one and after the end. */
  @Nullable Connection unlessClosed() {
    return closed ? null : current;
  }

  /** Returns the subscriptions that answers to this connection's requests come by. */
  @Nullable ReplyLanes lanesOf(Connection connection) {
    ReplyLanes present = lanes;
    return present != null && present.connection() == connection ? present : null;
  }

  boolean is(Connection connection) {
    return current == connection;
  }

  /** Whether the connection is the one in use and was not found to be lost. */
  boolean isUsable(Connection connection) {
    return current == connection
        && lost != connection
        && connection.getStatus() == Connection.Status.CONNECTED;
  }

  boolean isClosed() {
    return closed;
  }

  /** Lets the connection take the place of the one before; returns false once closed. */
  boolean replaceBy(Connection connection) throws InterruptedException {
    ReplyLanes before = lanes;
    lanes = new ReplyLanes(connection, outstanding);
    refusal = null;
    whyAway = "";
    current = connection;
    if (before != null) {
      before.end();
    }
    return !closed;
  }

  /** Calls that find it disconnected say why, in brackets. */
  void explain(String why) {
    whyAway = why;
  }

  /** Calls fail by themselves from now on, although jnats may not have noticed. */
  void lose(Connection connection) {
    lost = connection;
  }

  /** Calls fail with the refusal until another connection takes its place; null ends it. */
  void refuse(@Nullable RefusedException refused) {
    refusal = refused;
  }

  /** Ends it, and returns the connection that is to be closed. */
  @Nullable Connection close() {
    closed = true;
    return current;
  }
}

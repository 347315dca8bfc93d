package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore.Delivered;
import io.mistersmith.persistence.spi.hot.StreamStore.Stored;
import io.nats.client.Message;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A message that a consumer delivered. Its answers go over the connection that there is then. */
final class NatsDelivered implements Delivered {

  private static final Logger LOG = LoggerFactory.getLogger(NatsDelivered.class);

  private static final byte[] ACKNOWLEDGED = bytes("+ACK");
  private static final byte[] IN_PROGRESS = bytes("+WPI");

  private final NatsLink link;
  private final Stored stored;
  private final String reply;
  private final boolean acknowledged;
  private final int attempt;
  private final long pending;

  /**
   * A delivery.
   *
   * @param acknowledged whether the server waits for an acknowledgement
   */
  NatsDelivered(NatsLink link, Message message, Stored stored, boolean acknowledged) {
    this.link = link;
    this.stored = stored;
    this.reply = message.getReplyTo();
    this.acknowledged = acknowledged;
    this.attempt = (int) Math.min(Integer.MAX_VALUE, message.metaData().deliveredCount());
    this.pending = message.metaData().pendingCount();
  }

  @Override
  public Stored message() {
    return stored;
  }

  @Override
  public int attempt() {
    return attempt;
  }

  @Override
  public long pending() {
    return pending;
  }

  @Override
  public CompletableFuture<Void> acknowledge() {
    if (!acknowledged) {
      return CompletableFuture.completedFuture(null);
    }
    CompletableFuture<Void> confirmed = new CompletableFuture<>();
    Replies.deliver(
        link.request(reply, null, ACKNOWLEDGED, link.requestTimeout()),
        answer -> confirmed.complete(null),
        cause ->
            confirmed.completeExceptionally(
                link.failure("acknowledge message " + stored.sequence(), cause)));
    return confirmed;
  }

  @Override
  public void retryAfter(Duration delay) {
    send(delay.isZero() ? bytes("-NAK") : bytes("-NAK {\"delay\":" + delay.toNanos() + "}"));
  }

  @Override
  public void inProgress() {
    send(IN_PROGRESS);
  }

  private void send(byte[] answer) {
    if (!acknowledged) {
      return;
    }
    try {
      link.connection().publish(reply, answer);
    } catch (IllegalStateException | PersistenceException e) {
      LOG.debug("message {} is delivered again when its time is over", stored.sequence(), e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}

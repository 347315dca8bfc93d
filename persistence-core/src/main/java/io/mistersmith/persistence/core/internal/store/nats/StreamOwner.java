package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.OtherInstallationException;
import io.mistersmith.persistence.error.PersistenceException;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Refuses calls on a stream that bears another installation's identity, such as a bucket's.
 *
 * <p>Another server can answer over another connection only. So the stream is asked for before the
 * first call over each connection, once for all callers; every other call compares one reference. A
 * change of the stream's owner during a connection is noticed when the stream's state is next read.
 * Thread-safe.
 */
final class StreamOwner {

  private record Question(Connection over, CompletableFuture<Message> answer) {}

  private final NatsLink link;
  private final String stream;
  private final String what;
  private final Function<UUID, PersistenceException> refusal;
  private final UUID installation;
  private volatile @Nullable UUID other;
  private volatile @Nullable Connection seenOver;
  private @Nullable Question latest;

  private StreamOwner(
      NatsLink link,
      String stream,
      String what,
      UUID installation,
      Function<UUID, PersistenceException> refusal) {
    this.link = link;
    this.stream = stream;
    this.what = "look whose " + what + " is";
    this.installation = installation;
    this.refusal = refusal;
  }

  /** The owner of the bucket with this full name. */
  static StreamOwner ofBucket(NatsLink link, String bucket, UUID installation) {
    return new StreamOwner(
        link,
        "KV_" + bucket,
        "bucket " + bucket,
        installation,
        found -> OtherInstallationException.ofBucket(bucket, found, installation));
  }

  /** The owner of the stream with this full name. */
  static StreamOwner ofStream(NatsLink link, String stream, UUID installation) {
    return new StreamOwner(
        link,
        stream,
        "stream " + stream,
        installation,
        found -> OtherInstallationException.ofStream(stream, found, installation));
  }

  /** Takes note of the stream as it was found over a connection. */
  void saw(StreamConfiguration stream, Connection over) {
    Optional<UUID> mark = InstallationMark.of(stream);
    other = mark.filter(found -> !found.equals(installation)).orElse(null);
    seenOver = over;
  }

  /** Fails when the stream was last seen to be another installation's. */
  void requireOwn() {
    UUID found = other;
    if (found != null) {
      throw refusal.apply(found);
    }
  }

  /** {@link #requireOwn}, once the stream was seen over the present connection. Can wait. */
  void requireOwnHere() {
    Connection seen = seenOver;
    if (seen == null || !link.isPresent(seen)) {
      look(link.connection());
    }
    requireOwn();
  }

  private void look(Connection present) {
    Message answer = link.await(() -> what, ask(present));
    try {
      StreamInfo info = new StreamInfo(answer);
      info.throwOnHasError();
      saw(info.getConfiguration(), present);
    } catch (JetStreamApiException | RuntimeException e) {
      if (!NatsFailures.isStreamMissing(e)) {
        throw link.failure(what, e);
      }
      // The call itself fails for want of the stream, and says so.
    }
  }

  private synchronized CompletableFuture<Message> ask(Connection present) {
    Question question = latest;
    if (question == null || question.over() != present || question.answer().isDone()) {
      question =
          new Question(
              present,
              link.request(
                  "$JS.API.STREAM.INFO." + stream, null, Entries.NO_VALUE, link.requestTimeout()));
      latest = question;
    }
    return question.answer();
  }
}

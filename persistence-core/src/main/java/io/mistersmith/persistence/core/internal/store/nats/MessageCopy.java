package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.backup.BackupManifest.Contents;
import io.nats.client.JetStreamApiException;
import io.nats.client.api.PublishAck;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves and restores a stream message by message, where the server makes no snapshot of it: a
 * stream in memory before 2.15. A restored message has another sequence and time.
 */
record MessageCopy(StreamApi api, String stream) {

  private static final Logger log = LoggerFactory.getLogger(MessageCopy.class);

  /** What a message expects of its stream held when it was published first. */
  private static final List<String> EXPECTATIONS = List.of("Nats-Expected-", "Nats-Batch-");

  /** Saves the messages up to a sequence; returns what they are. */
  Contents save(long last, OutputStream out) throws IOException {
    MessageFile.Writer file = new MessageFile.Writer(out);
    ContentsDigest contents = new ContentsDigest();
    new MessageScan(api, stream)
        .upTo(
            last,
            message -> {
              file.add(message);
              contents.add(message);
            });
    file.end();
    return contents.upTo(last);
  }

  /** Makes the stream, without messages. */
  void create(String config) {
    var unused = api.ask("restore stream " + stream, "CREATE." + stream, config);
  }

  /** Publishes the messages in their order. */
  void restore(InputStream in) throws IOException {
    MessageFile.Reader file = new MessageFile.Reader(in);
    long leftOut = 0;
    Optional<StreamMessage> message = file.next();
    while (message.isPresent()) {
      if (!publish(message.get())) {
        leftOut++;
      }
      message = file.next();
    }
    if (leftOut > 0) {
      log.warn(
          "Stream {} was restored without {} messages whose headers are no NATS headers; other"
              + " programs had published them",
          stream,
          leftOut);
    }
  }

  /** Returns false for a message that cannot be sent: its headers are no NATS headers. */
  private boolean publish(StreamMessage message) {
    Headers headers = null;
    if (message.headers().length > 0) {
      Optional<Headers> readable = HeaderBlock.read(message.headers());
      if (readable.isEmpty()) {
        return false;
      }
      headers = withoutExpectations(readable.get());
    }
    String what = "restore message " + message.sequence() + " of stream " + stream;
    try {
      PublishAck stored =
          new PublishAck(
              api.send(what, message.subject(), headers, message.data(), StreamApi.BRIEF));
      if (!stream.equals(stored.getStream())) {
        throw NatsFailures.unavailable(
            what, "stream " + stored.getStream() + " took it; two streams have this subject");
      }
      return true;
    } catch (IOException | JetStreamApiException e) {
      throw api.link().failure(what, e);
    }
  }

  private static @Nullable Headers withoutExpectations(Headers headers) {
    List<String> names =
        headers.keySet().stream()
            .filter(name -> EXPECTATIONS.stream().anyMatch(name::startsWith))
            .toList();
    headers.remove(names);
    return headers.isEmpty() ? null : headers;
  }
}

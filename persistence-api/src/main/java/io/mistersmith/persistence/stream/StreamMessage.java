package io.mistersmith.persistence.stream;

import java.time.Instant;
import java.util.Map;

/**
 * A message of a stream, as a handler receives it.
 *
 * @param <T> the type of its value
 * @param stream the stream's name, without prefix
 * @param consumer the name of the consumer that delivers it
 * @param subject its subject, without prefix
 * @param id the id that its publisher gave it, also where it was replayed from the dead letters;
 *     else one made of stream, sequence and time. The same at each delivery
 * @param sequence its place in the stream
 * @param time when the server stored it
 * @param attempt which delivery this is, from 1
 * @param headers the publisher's headers, without those of NATS and of this library
 * @param value its value
 */
public record StreamMessage<T>(
    String stream,
    String consumer,
    String subject,
    String id,
    long sequence,
    Instant time,
    int attempt,
    Map<String, String> headers,
    T value) {

  /** Copies the headers. */
  public StreamMessage {
    headers = Map.copyOf(headers);
  }
}

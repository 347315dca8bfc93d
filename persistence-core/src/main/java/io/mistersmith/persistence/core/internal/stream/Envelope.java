package io.mistersmith.persistence.core.internal.stream;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore.Stored;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What travels with a message beside its value: subject, id and headers. */
final class Envelope {

  /** The id of a message that is published again. */
  static final String ID = "Persistence-Id";

  /** The consumer that a message is published again for; all others leave it out. */
  static final String CONSUMER = "Persistence-Consumer";

  private static final String OWN = "Persistence-";
  private static final String OF_SERVER = "Nats-";
  private static final int MAX_ID = 255;
  private static final Pattern SUBJECT = Pattern.compile("[!-~&&[^.*>]]+(?:\\.[!-~&&[^.*>]]+)*");
  private static final Pattern VISIBLE = Pattern.compile("[!-~]{1," + MAX_ID + "}");
  private static final Pattern HEADER_NAME = Pattern.compile("[!-~&&[^:]]+");
  private static final Pattern HEADER_VALUE = Pattern.compile("[\t -~]*");

  private Envelope() {}

  static String subject(String subject) {
    if (!SUBJECT.matcher(subject).matches()) {
      throw invalid(
          "subject '"
              + subject
              + "': use tokens of visible ASCII between dots, without '*' or '>'");
    }
    return subject;
  }

  static Optional<String> id(Optional<String> id) {
    id.filter(text -> !VISIBLE.matcher(text).matches())
        .ifPresent(
            text -> {
              throw invalid("message id '" + text + "': use 1 to 255 characters of visible ASCII");
            });
    return id;
  }

  static Map<String, String> headers(Map<String, String> headers) {
    headers.forEach(
        (name, value) -> {
          if (!HEADER_NAME.matcher(name).matches() || !HEADER_VALUE.matcher(value).matches()) {
            throw invalid(
                "header '" + name + "': use visible ASCII without colons, and ASCII for its value");
          }
          if (name.startsWith(OWN) || name.startsWith(OF_SERVER)) {
            throw invalid(
                "header '" + name + "': names that begin with Nats- or Persistence- are taken");
          }
        });
    return headers;
  }

  /**
   * The id of a message: its publisher's, or one made of its place, which is the same each time.
   */
  static String idOf(String stream, Stored message) {
    String again = message.headers().get(ID);
    return again != null
        ? again
        : message.id().orElseGet(() -> stream + "-" + message.sequence() + "-" + message.time());
  }

  /** The publisher's headers. */
  static Map<String, String> publishersOf(Stored message) {
    Map<String, String> headers = new HashMap<>(message.headers());
    headers.keySet().removeIf(name -> name.startsWith(OWN));
    return headers;
  }

  private static NonTransientPersistenceException invalid(String message) {
    return new NonTransientPersistenceException(DataError.INVALID_KEY, message);
  }
}

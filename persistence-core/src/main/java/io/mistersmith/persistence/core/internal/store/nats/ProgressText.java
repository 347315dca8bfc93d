package io.mistersmith.persistence.core.internal.store.nats;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.mistersmith.persistence.spi.hot.Journal.JournalProgress;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The body of a message that tells the progress of a flush: five words. */
final class ProgressText {

  private static final Logger log = LoggerFactory.getLogger(ProgressText.class);
  private static final String FLUSHING = "flushing";
  private static final String ENDED = "ended";
  private static final String NO_PRIMARY = "-";
  private static final Pattern PRIMARY = Pattern.compile("-|[0-9/]{1,64}");
  private static final int LONGEST = 200;

  private ProgressText() {}

  static byte[] encode(JournalProgress progress) {
    return String.join(
            " ",
            progress.flushing() ? FLUSHING : ENDED,
            Long.toString(progress.epoch()),
            Long.toString(progress.sequence()),
            progress.messageTime().toString(),
            progress.primary().isEmpty() ? NO_PRIMARY : progress.primary())
        .getBytes(US_ASCII);
  }

  /**
   * Returns the progress in the message; empty for a text that no runtime of this version sends.
   */
  static Optional<JournalProgress> decode(byte[] body) {
    String[] words = body.length > LONGEST ? new String[0] : new String(body, US_ASCII).split(" ");
    if (words.length != 5 || !(words[0].equals(FLUSHING) || words[0].equals(ENDED))) {
      log.debug("ignored a message of {} bytes that tells no progress", body.length);
      return Optional.empty();
    }
    try {
      long epoch = Long.parseLong(words[1]);
      long sequence = Long.parseLong(words[2]);
      String primary = words[4].equals(NO_PRIMARY) ? "" : words[4];
      return epoch < 0 || sequence < 0 || !PRIMARY.matcher(words[4]).matches()
          ? Optional.empty()
          : Optional.of(
              new JournalProgress(
                  words[0].equals(FLUSHING), epoch, sequence, Instant.parse(words[3]), primary));
    } catch (NumberFormatException | DateTimeException e) {
      log.debug("ignored a message that tells no progress", e);
      return Optional.empty();
    }
  }
}

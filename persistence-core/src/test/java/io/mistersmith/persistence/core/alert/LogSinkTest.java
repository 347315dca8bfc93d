package io.mistersmith.persistence.core.alert;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.operations.Alerts.AlertChange;
import io.mistersmith.persistence.operations.Alerts.Change;
import io.mistersmith.persistence.operations.Alerts.Level;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What is logged of alerts. */
class LogSinkTest {

  private final Logger logger = (Logger) LoggerFactory.getLogger(LogSink.class);
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

  @BeforeEach
  void listen() {
    lines.start();
    logger.addAppender(lines);
  }

  @AfterEach
  void leave() {
    logger.detachAppender(lines);
  }

  private static AlertChange change(Change change, Level level) {
    return new AlertChange(
        change,
        new Alert(
            "sagas_stopped",
            level,
            OptionalDouble.of(1),
            OptionalDouble.of(1),
            "sagas_stopped is 1",
            "Resume it.",
            Instant.EPOCH,
            Instant.EPOCH),
        Optional.empty());
  }

  @Test
  void theLevelOfTheLineIsThatOfTheAlert() {
    LogSink sink = new LogSink();
    sink.tell(change(Change.BEGAN, Level.UNKNOWN));
    sink.tell(change(Change.WORSENED, Level.CRITICAL));
    sink.tell(change(Change.IMPROVED, Level.WARNING));
    sink.tell(change(Change.ENDED, Level.WARNING));

    assertThat(lines.list)
        .extracting(line -> line.getLevel() + " " + line.getFormattedMessage())
        .containsExactly(
            "WARN UNKNOWN alert: sagas_stopped is 1. Resume it.",
            "ERROR CRITICAL alert: sagas_stopped is 1. Resume it.",
            "WARN WARNING alert: sagas_stopped is 1. Resume it.",
            "INFO WARNING alert ended: sagas_stopped is 1");
  }
}

package io.mistersmith.persistence.core.secret;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What looks for secrets finds them, and does not tell them. */
class SecretScanTest {

  private static final String SECRET = Planted.secret("scan");

  @TempDir private Path project;

  private List<String> leaks() throws IOException {
    return SecretScan.leaks(project, Instant.EPOCH);
  }

  private void report(String name, String text) throws IOException {
    Path reports = project.resolve("module/target/failsafe-reports");
    Files.createDirectories(reports);
    Files.writeString(reports.resolve(name), text, UTF_8);
  }

  @Test
  void aReportThatTellsASecretIsFound() throws IOException {
    report("TEST-clean.xml", "<testsuite>nothing</testsuite>");
    assertThat(leaks()).isEmpty();
    report("TEST-plain.xml", "<system-out>password=" + SECRET + "</system-out>");
    report("TEST-base64.xml", Base64.getEncoder().encodeToString(SECRET.getBytes(UTF_8)));
    assertThat(leaks())
        .hasSize(2)
        .allSatisfy(line -> assertThat(Planted.isIn(line)).isFalse())
        .allSatisfy(line -> assertThat(line).startsWith("in module"));
  }

  @Test
  void reportsOfAnEarlierBuildAreNotRead() throws IOException {
    report("TEST-plain.xml", SECRET);
    assertThat(SecretScan.leaks(project, Instant.now().plusSeconds(60))).isEmpty();
  }

  @Test
  void aLineThatTellsASecretIsNotedWithoutIt() throws IOException {
    List<String> noted = new ArrayList<>();
    SecretAppender appender =
        new SecretAppender(project.resolve("module/target").resolve(SecretScan.LEAKS), noted);
    appender.start();
    appender.doAppend(line("opened as {}", "nobody", null));
    assertThat(leaks()).isEmpty();
    appender.doAppend(line("opened as {}", SECRET, null));
    appender.doAppend(
        line("failed", "", new IllegalStateException("why", new IOException("at " + SECRET))));
    assertThat(noted).hasSize(2);
    assertThat(leaks())
        .hasSize(2)
        .allSatisfy(leak -> assertThat(Planted.isIn(leak)).isFalse())
        .anySatisfy(leak -> assertThat(leak).contains("opened as {}"));
  }

  private static LoggingEvent line(String message, String argument, @Nullable Throwable thrown) {
    Logger logger = (Logger) LoggerFactory.getLogger(SecretScanTest.class);
    return new LoggingEvent(
        SecretScanTest.class.getName(),
        logger,
        Level.INFO,
        message,
        thrown,
        new Object[] {argument});
  }
}

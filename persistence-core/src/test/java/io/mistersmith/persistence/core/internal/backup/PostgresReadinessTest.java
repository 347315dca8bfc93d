package io.mistersmith.persistence.core.internal.backup;

import static io.mistersmith.persistence.core.internal.backup.WalFiles.SIZE;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.backup.Readiness.Status;
import io.mistersmith.persistence.core.internal.base.PostgresCluster.Archiving;
import io.mistersmith.persistence.core.internal.base.PostgresCluster.Facts;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How a chain without gaps is judged by what the server says. */
class PostgresReadinessTest {

  private static final Instant NOW = Instant.parse("2026-12-01T23:15:00Z");
  private static final WalChain CHAIN =
      WalChain.of(WalFiles.base(1, 3, 4), SIZE, WalFiles.names(1, 3, 9), List.of());

  private static Status judge(Archiving archiving, long segment) {
    Facts facts = new Facts("15.4", 15, "7", 1, SIZE, segment * SIZE + 5, false, 0, NOW);
    return PostgresReadiness.server("found", CHAIN, facts, archiving).status();
  }

  private static Archiving archiving(String mode, boolean command, Optional<Instant> failedAt) {
    return new Archiving(
        mode,
        command,
        Duration.ZERO,
        Optional.of("000000010000000000000009"),
        Optional.of(NOW),
        failedAt.map(at -> "00000001000000000000000A"),
        failedAt);
  }

  @Test
  void anArchiveThatKeepsUpPasses() {
    assertThat(judge(archiving("on", true, Optional.empty()), 10)).isEqualTo(Status.PASS);
    assertThat(judge(archiving("on", true, Optional.of(NOW.minusSeconds(9))), 12))
        .isEqualTo(Status.PASS);
  }

  @Test
  void anArchiveThatIsFarBehindIsNamed() {
    assertThat(judge(archiving("on", true, Optional.empty()), 13)).isEqualTo(Status.WARN);
  }

  @Test
  void aFailingCommandIsNamed() {
    assertThat(judge(archiving("on", true, Optional.of(NOW.plusSeconds(1))), 10))
        .isEqualTo(Status.WARN);
  }

  @Test
  void aServerThatDoesNotArchiveIsNamed() {
    assertThat(judge(archiving("off", true, Optional.empty()), 10)).isEqualTo(Status.WARN);
    assertThat(judge(archiving("on", false, Optional.empty()), 10)).isEqualTo(Status.WARN);
  }
}

package io.mistersmith.persistence.migration.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MigrationVersionTest {

  @Test
  void ordersAsSemverSays() {
    List<MigrationVersion> ordered =
        Stream.of(
                "0.0.1",
                "0.9.0",
                "1.0.0-0",
                "1.0.0-9",
                "1.0.0-10",
                "1.0.0-99999999999999999999",
                "1.0.0-100000000000000000000",
                "1.0.0-alpha",
                "1.0.0-alpha.1",
                "1.0.0-alpha.beta",
                "1.0.0-beta",
                "1.0.0-beta.2",
                "1.0.0-beta.11",
                "1.0.0-rc.1",
                "1.0.0",
                "1.0.1",
                "1.9.0-alpha1",
                "1.9.0",
                "1.10.0",
                "2.0.0")
            .map(MigrationVersion::parse)
            .toList();
    List<MigrationVersion> shuffled = new ArrayList<>(ordered);
    Collections.shuffle(shuffled, new Random(7));
    Collections.sort(shuffled);
    assertThat(shuffled).isEqualTo(ordered);
    for (int i = 1; i < ordered.size(); i++) {
      assertThat(ordered.get(i - 1)).isLessThan(ordered.get(i));
      assertThat(ordered.get(i)).isGreaterThan(ordered.get(i - 1));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0", "1.10.3", "1.0.0-rc.1", "1.0.0--", "1.0.0-0a.x-y-z"})
  void readsWhatItWrites(String text) {
    assertThat(MigrationVersion.parse(text)).hasToString(text);
    assertThat(MigrationVersion.parse(text)).isEqualByComparingTo(MigrationVersion.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "1.0",
        "1.0.0.0",
        "01.0.0",
        "1.09.0",
        "1.0.0-",
        "1.0.0-01",
        "1.0.0-a..b",
        "1.0.0-rc_1",
        "1.0.0+5",
        "1.0.0-rc+5",
        "v1.0.0",
        " 1.0.0",
        "1.0.0\n",
        "-1.0.0",
        "1234567890.0.0",
        "1.0.0-é"
      })
  void refusesWhatIsNoVersion(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> MigrationVersion.parse(text));
  }

  @Test
  void refusesWhatTheHistoryHasNoRoomFor() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MigrationVersion.parse("1.0.0-" + "a".repeat(60)))
        .withMessageContaining("64");
  }
}

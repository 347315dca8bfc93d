package io.mistersmith.persistence.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.SaveOptions.Expected;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SaveOptionsTest {

  @Test
  void copiesKeepTheRest() {
    SaveOptions options =
        SaveOptions.at(new Revision.OfJournal(1, 2))
            .withTimeToLive(Duration.ofSeconds(3))
            .withDurability(Durability.SQL_COMMITTED);
    assertThat(options.expected()).isEqualTo(new Expected.At(new Revision.OfJournal(1, 2)));
    assertThat(options.timeToLive()).contains(Duration.ofSeconds(3));
    assertThat(options.durability()).isEqualTo(Durability.SQL_COMMITTED);
    assertThat(SaveOptions.unconditional().durability()).isEqualTo(Durability.KV_ACK);
  }

  @Test
  void aTimeToLiveIsPositive() {
    assertThatThrownBy(() -> SaveOptions.ifAbsent().withTimeToLive(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("timeToLive");
  }
}

package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WalSegmentTest {

  private static final long STANDARD = 16L << 20;

  /** Names that servers gave to these positions. */
  @ParameterizedTest
  @CsvSource({
    "0/2000028, 000000010000000000000002",
    "0/FFFFFFF, 00000001000000000000000F",
    "0/FF000000, 0000000100000000000000FF",
    "1/0, 000000010000000100000000",
    "AB/CD123456, 00000001000000AB000000CD"
  })
  void aPositionIsInTheSegmentOfItsName(String lsn, String name) {
    WalSegment segment = WalSegment.at(1, Lsn.parse(lsn), STANDARD);
    assertThat(segment.name(STANDARD)).isEqualTo(name);
    assertThat(WalSegment.parse(name, STANDARD)).contains(segment);
  }

  @Test
  void aPositionAtTheEndOfASegmentNeedsNothingOfTheNext() {
    Lsn boundary = Lsn.parse("0/3000000");
    assertThat(WalSegment.at(1, boundary, STANDARD).number()).isEqualTo(3);
    assertThat(WalSegment.before(1, boundary, STANDARD).number()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "000000010000000000000100", // there are 256 segments of 16 MiB in 4 GiB
        "00000000000000000000000A",
        "00000001000000000000000a",
        "00000001000000000000002",
        "000000010000000000000002.partial",
        "00000002.history"
      })
  void otherNamesAreNoSegments(String name) {
    assertThat(WalSegment.parse(name, STANDARD)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1 << 19, (16 << 20) + 1, 1L << 31})
  void otherSizesAreRefused(long size) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new WalSegment(1, 1).name(size))
        .withMessageContaining("has " + size + " bytes");
  }

  @Property
  void aNameLeadsBackToItsSegment(
      @ForAll @IntRange(min = 1) int timeline,
      @ForAll @LongRange(min = 0, max = 1L << 33) long number,
      @ForAll @IntRange(min = 20, max = 30) int bits) {
    long size = 1L << bits;
    WalSegment segment = new WalSegment(timeline, number);
    assertThat(WalSegment.parse(segment.name(size), size)).contains(segment);
  }

  @Property
  void aPositionPrintsAsItWasRead(@ForAll long value) {
    Lsn lsn = new Lsn(value);
    assertThat(Lsn.parse(lsn.toString())).isEqualTo(lsn);
  }
}

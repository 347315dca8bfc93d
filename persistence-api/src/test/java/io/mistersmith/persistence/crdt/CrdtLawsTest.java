package io.mistersmith.persistence.crdt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The laws of the merge, on versions that replicas reach in runs with every disorder. */
class CrdtLawsTest {

  @Provide
  Arbitrary<List<Step>> runs() {
    return Step.runs();
  }

  @Property(tries = 10_000)
  void mergeIsCommutativeAssociativeAndIdempotent(
      @ForAll("runs") List<Step> steps, @ForAll int one, @ForAll int two, @ForAll int three) {
    Changes.all(steps).forEach(run -> checkLaws(run, one >>> 1, two >>> 1, three >>> 1));
  }

  private static <C extends Crdt<C>> void checkLaws(Replicas<C> run, int one, int two, int three) {
    C a = run.version(one);
    C b = run.version(two);
    C c = run.version(three);
    assertThat(a.merge(b)).isEqualTo(b.merge(a));
    assertThat(a.merge(b).merge(c)).isEqualTo(a.merge(b.merge(c)));
    assertThat(a.merge(a)).isEqualTo(a);
    assertThat(a.merge(b).merge(b)).isEqualTo(a.merge(b));
  }

  @Property(tries = 10_000)
  void replicasThatHaveSeenEverythingAreEqual(@ForAll("runs") List<Step> steps) {
    Changes.all(steps).forEach(run -> assertThat(Set.copyOf(run.healed())).hasSize(1));
  }

  @Property(tries = 10_000)
  void jsonIsReadBackAsTheSameValue(@ForAll("runs") List<Step> steps, @ForAll int choice) {
    for (Replicas<?> run : Changes.all(steps)) {
      Crdt<?> version = run.version(choice >>> 1);
      assertThat(Crdt.read(version.toJson())).isEqualTo(version);
    }
  }
}

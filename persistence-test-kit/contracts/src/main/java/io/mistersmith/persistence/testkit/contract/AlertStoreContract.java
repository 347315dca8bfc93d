package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.operations.Alerts.AlertChange;
import io.mistersmith.persistence.operations.Alerts.Change;
import io.mistersmith.persistence.operations.Alerts.Level;
import io.mistersmith.persistence.operations.Alerts.Measurement;
import io.mistersmith.persistence.spi.sql.AlertStore;
import io.mistersmith.persistence.spi.sql.AlertStore.Checked;
import io.mistersmith.persistence.spi.sql.AlertStore.Notice;
import io.mistersmith.persistence.spi.sql.AlertThreshold;
import io.mistersmith.persistence.spi.sql.AlertThreshold.Scope;
import io.mistersmith.persistence.spi.sql.AlertThreshold.Text;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The contract of the thresholds of alerts, over stores with the set {@code monitoring} and without
 * a threshold. The value stays 0; the thresholds move.
 */
public abstract class AlertStoreContract extends UnitContract {

  private static final String METRIC = "dead_letters_open";
  private static final Duration INTERVAL = Duration.ofMillis(100);
  private static final Set<String> CHANNELS = Set.of("mail", "pager");
  private static final Text TEXT =
      new Text("What it is.", "Do it.", Optional.of("up"), Duration.ofSeconds(90));

  /** For implementations. */
  protected AlertStoreContract() {}

  private AlertStore alerts() {
    return sql().alerts();
  }

  private static AlertThreshold threshold(String metric, double warning, double critical) {
    return new AlertThreshold(
        metric,
        OptionalDouble.of(warning),
        OptionalDouble.of(critical),
        false,
        INTERVAL,
        true,
        List.of(),
        Scope.INSTALLATION,
        "entries",
        true,
        TEXT);
  }

  private static AlertThreshold told(AlertThreshold threshold, String... channels) {
    return new AlertThreshold(
        threshold.metric(),
        threshold.warning(),
        threshold.critical(),
        threshold.lowerIsWorse(),
        threshold.checkInterval(),
        threshold.enabled(),
        List.of(channels),
        threshold.scope(),
        threshold.unit(),
        threshold.alertWhenUnknown(),
        threshold.text());
  }

  /** Puts the thresholds, and returns what the next check finds. */
  private List<AlertChange> next(double warning, double critical) {
    alerts().put(threshold(METRIC, warning, critical));
    elapse(INTERVAL);
    return alerts().check(CHANNELS).changes();
  }

  @Test
  void thresholdsAreReadAsTheyWereWritten() {
    AlertThreshold first = told(threshold(METRIC, 1, 2.5), "mail");
    AlertThreshold other =
        new AlertThreshold(
            "a_ratio",
            OptionalDouble.empty(),
            OptionalDouble.of(90),
            true,
            Duration.ofMinutes(5),
            false,
            List.of(),
            Scope.RUNTIME,
            "percent",
            false,
            new Text("", "", Optional.empty(), Duration.ZERO));
    alerts().put(first);
    alerts().put(threshold("a_ratio", 1, 2));
    alerts().put(other);

    assertThat(alerts().isInstalled()).isTrue();
    assertThat(alerts().thresholds()).containsExactly(other, first);
    assertThat(alerts().remove("a_ratio")).isTrue();
    assertThat(alerts().remove("a_ratio")).isFalse();
    assertThat(alerts().thresholds()).containsExactly(first);
  }

  @Test
  void anAlertBeginsWorsensImprovesAndEnds() {
    assertThat(next(1, 2)).isEmpty();
    assertThat(alerts().open()).isEmpty();

    AlertChange began = next(0, 2).get(0);
    assertThat(began.change()).isEqualTo(Change.BEGAN);
    assertThat(began.before()).isEmpty();
    assertThat(began.alert().metric()).isEqualTo(METRIC);
    assertThat(began.alert().level()).isEqualTo(Level.WARNING);
    assertThat(began.alert().value()).hasValue(0);
    assertThat(began.alert().threshold()).hasValue(0);
    assertThat(began.alert().message()).startsWith(METRIC + " is 0");
    assertThat(began.alert().advice()).isEqualTo("Do it.");
    assertThat(began.alert().beganAt()).isEqualTo(began.alert().at());
    assertThat(next(0, 2)).as("goes on").isEmpty();

    assertThat(next(0, 0))
        .singleElement()
        .satisfies(
            worsened -> {
              assertThat(worsened.change()).isEqualTo(Change.WORSENED);
              assertThat(worsened.before()).contains(Level.WARNING);
              assertThat(worsened.alert().level()).isEqualTo(Level.CRITICAL);
              assertThat(worsened.alert().beganAt()).isEqualTo(began.alert().beganAt());
              assertThat(worsened.alert().at()).isAfter(began.alert().at());
            });
    assertThat(alerts().open()).extracting(Alert::level).containsExactly(Level.CRITICAL);
    assertThat(next(0, 2)).extracting(AlertChange::change).containsExactly(Change.IMPROVED);
    assertThat(next(1, 2))
        .singleElement()
        .satisfies(
            ended -> {
              assertThat(ended.change()).isEqualTo(Change.ENDED);
              assertThat(ended.alert().level()).isEqualTo(Level.WARNING);
              assertThat(ended.before()).contains(Level.WARNING);
            });
    assertThat(alerts().open()).isEmpty();
  }

  @Test
  void eachMetricIsMeasuredAtItsOwnInterval() {
    AlertThreshold often = threshold(METRIC, 1, 2);
    AlertThreshold seldom =
        new AlertThreshold(
            "sagas_stopped",
            often.warning(),
            often.critical(),
            false,
            Duration.ofMinutes(5),
            true,
            List.of(),
            Scope.INSTALLATION,
            "runs",
            true,
            TEXT);
    alerts().put(often);
    alerts().put(seldom);

    Checked first = alerts().check(CHANNELS);
    assertThat(first.values())
        .extracting(Measurement::metric)
        .containsExactly(METRIC, "sagas_stopped");
    assertThat(first.values()).extracting(Measurement::value).containsOnly(0.0);
    assertThat(first.changes()).isEmpty();
    elapse(INTERVAL);
    assertThat(alerts().check(CHANNELS).values())
        .extracting(Measurement::metric)
        .containsExactly(METRIC);
  }

  @Test
  void ofALowerValueThatIsWorseTheThresholdIsTheHighestBadValue() {
    AlertThreshold upright = threshold(METRIC, 0, -1);
    alerts()
        .put(
            new AlertThreshold(
                METRIC,
                upright.warning(),
                upright.critical(),
                true,
                INTERVAL,
                true,
                List.of(),
                Scope.INSTALLATION,
                "",
                true,
                TEXT));
    assertThat(alerts().check(CHANNELS).changes())
        .extracting(change -> change.alert().level())
        .containsExactly(Level.WARNING);
  }

  @Test
  void whatCannotBeMeasuredIsUnknownUnlessThatIsNoAlert() {
    AlertThreshold loud = threshold("moon_phase", 1, 2);
    AlertThreshold quiet =
        new AlertThreshold(
            "tide",
            loud.warning(),
            loud.critical(),
            false,
            INTERVAL,
            true,
            List.of(),
            Scope.INSTALLATION,
            "",
            false,
            TEXT);
    alerts().put(loud);
    alerts().put(quiet);

    Checked checked = alerts().check(CHANNELS);

    assertThat(checked.values()).isEmpty();
    assertThat(checked.changes())
        .singleElement()
        .satisfies(
            began -> {
              assertThat(began.alert().metric()).isEqualTo("moon_phase");
              assertThat(began.alert().level()).isEqualTo(Level.UNKNOWN);
              assertThat(began.alert().value()).isEmpty();
              assertThat(began.alert().threshold()).isEmpty();
              assertThat(began.alert().message()).startsWith("moon_phase is not known");
            });
  }

  @Test
  void metricsOfRuntimesAreLeftToThem() {
    AlertThreshold own = threshold(METRIC, 0, 0);
    alerts()
        .put(
            new AlertThreshold(
                METRIC,
                own.warning(),
                own.critical(),
                false,
                INTERVAL,
                true,
                List.of(),
                Scope.RUNTIME,
                "",
                true,
                TEXT));
    assertThat(alerts().check(CHANNELS)).isEqualTo(new Checked(List.of(), List.of()));
  }

  @Test
  void anAlertEndsWithItsThreshold() {
    assertThat(next(0, 0)).hasSize(1);
    assertThat(alerts().remove(METRIC)).isTrue();

    assertThat(alerts().check(CHANNELS).changes())
        .singleElement()
        .satisfies(
            ended -> {
              assertThat(ended.change()).isEqualTo(Change.ENDED);
              assertThat(ended.alert().level()).isEqualTo(Level.CRITICAL);
              assertThat(ended.alert().message()).contains("not checked any more");
            });
    assertThat(alerts().open()).isEmpty();
    assertThat(alerts().check(CHANNELS).changes()).isEmpty();
  }

  @Test
  void eachReceiverHasItsNoticesInOrderUntilItIsTold() {
    assertThat(next(0, 2)).hasSize(1);
    assertThat(next(1, 2)).hasSize(1);

    List<Notice> mail = alerts().notices("mail", 9);
    assertThat(mail)
        .extracting(notice -> notice.change().change())
        .containsExactly(Change.BEGAN, Change.ENDED);
    assertThat(alerts().notices("pager", 9)).hasSize(2);
    assertThat(alerts().notices("mail", 1)).isEqualTo(mail.subList(0, 1));

    assertThat(alerts().told(mail.get(0))).isTrue();
    assertThat(alerts().told(mail.get(0))).isFalse();
    assertThat(alerts().notices("mail", 9)).isEqualTo(mail.subList(1, 2));
    assertThat(alerts().notices("pager", 9)).hasSize(2);
  }

  @Test
  void onlyTheNamedReceiversAreTold() {
    alerts().put(told(threshold(METRIC, 0, 2), "desk"));
    assertThat(alerts().check(CHANNELS).changes()).hasSize(1);

    assertThat(alerts().notices("desk", 9)).hasSize(1);
    assertThat(alerts().notices("mail", 9)).isEmpty();
  }

  @Test
  void oldNoticesAreForgotten() {
    assertThat(next(0, 2)).hasSize(1);
    assertThat(alerts().forget(Duration.ofHours(1))).isZero();
    elapse(INTERVAL.multipliedBy(2));
    assertThat(alerts().forget(INTERVAL)).isEqualTo(2);
    assertThat(alerts().notices("mail", 9)).isEmpty();
  }

  @Test
  void anotherRuntimeTellsNothingAgainAndForgetsNothing() {
    assertThat(next(0, 2)).hasSize(1);
    AlertStore other = open(config().build()).sql().alerts();
    elapse(INTERVAL);

    assertThat(other.check(CHANNELS).changes()).isEmpty();
    assertThat(other.open()).hasSize(1);
    assertThat(other.notices("mail", 9)).hasSize(1);
  }
}

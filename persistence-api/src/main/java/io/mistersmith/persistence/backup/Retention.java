package io.mistersmith.persistence.backup;

/**
 * How long backups are kept. A backup that another one needs is kept as long as that one.
 *
 * @param days for how many days every backup is kept
 * @param weeks for how many weeks the newest backup of each week is kept
 * @param months for how many months the newest backup of each month is kept
 */
public record Retention(int days, int weeks, int months) {

  /** Checks the numbers. */
  public Retention {
    atLeast("days", days, 1);
    atLeast("weeks", weeks, 0);
    atLeast("months", months, 0);
  }

  /** Returns 30 days, 12 weeks and 12 months. */
  public static Retention standard() {
    return new Retention(30, 12, 12);
  }

  private static void atLeast(String field, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "retention." + field + " is " + value + "; give at least " + least);
    }
  }
}

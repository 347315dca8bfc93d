package io.mistersmith.persistence.migration.model;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version after Semantic Versioning 2.0.0, in its order: 1.9.0 before 1.10.0, 1.0.0-rc.1 before
 * 1.0.0. Build metadata ({@code +…}) is refused, since it makes two versions of one rank.
 *
 * @param major the major number
 * @param minor the minor number
 * @param patch the patch number
 * @param preRelease the pre-release part without its dash, such as {@code rc.1}; empty for a
 *     release
 */
public record MigrationVersion(int major, int minor, int patch, String preRelease)
    implements Comparable<MigrationVersion> {

  /** Below every version: 0.0.0, to which a rollback of everything leads. */
  public static final MigrationVersion NONE = new MigrationVersion(0, 0, 0, "");

  private static final String NUMBER = "(0|[1-9][0-9]{0,8})";
  private static final String IDENTIFIER = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
  private static final Pattern PRE_RELEASE =
      Pattern.compile(IDENTIFIER + "(?:\\." + IDENTIFIER + ")*");
  private static final Pattern SEMVER =
      Pattern.compile(NUMBER + "\\." + NUMBER + "\\." + NUMBER + "(?:-(.*))?");

  /** Checks that the parts make a version of at most 64 characters, as the history has room for. */
  public MigrationVersion {
    if (major < 0 || minor < 0 || patch < 0) {
      throw new IllegalArgumentException(
          "version %d.%d.%d: a part is negative; use 0 or more".formatted(major, minor, patch));
    }
    if (!preRelease.isEmpty() && !PRE_RELEASE.matcher(preRelease).matches()) {
      throw new IllegalArgumentException(
          "version: preRelease is '"
              + preRelease
              + "'; use dot-separated identifiers of [0-9A-Za-z-], numbers without leading zeros");
    }
    if (text(major, minor, patch, preRelease).length() > 64) {
      throw new IllegalArgumentException(
          "version: preRelease '" + preRelease + "' is too long; use at most 64 characters in all");
    }
  }

  /**
   * Reads a version such as {@code 1.4.0} or {@code 2.0.0-rc.1}.
   *
   * @throws IllegalArgumentException when it is none; the message says what one looks like
   */
  public static MigrationVersion parse(String text) {
    Matcher matcher = SEMVER.matcher(text);
    if (!matcher.matches() || "".equals(matcher.group(4))) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is no version: use MAJOR.MINOR.PATCH, each a number without leading zeros, and"
              + " at most a pre-release such as -rc.1 behind");
    }
    String preRelease = matcher.group(4);
    return new MigrationVersion(
        Integer.parseInt(matcher.group(1)),
        Integer.parseInt(matcher.group(2)),
        Integer.parseInt(matcher.group(3)),
        preRelease == null ? "" : preRelease);
  }

  /** Whether this is a pre-release. */
  public boolean isPreRelease() {
    return !preRelease.isEmpty();
  }

  @Override
  public int compareTo(MigrationVersion other) {
    int order = Integer.compare(major, other.major);
    if (order == 0) {
      order = Integer.compare(minor, other.minor);
    }
    if (order == 0) {
      order = Integer.compare(patch, other.patch);
    }
    return order == 0 ? comparePreReleases(preRelease, other.preRelease) : order;
  }

  private static int comparePreReleases(String left, String right) {
    if (left.isEmpty() || right.isEmpty()) {
      return Boolean.compare(left.isEmpty(), right.isEmpty());
    }
    Iterator<String> lefts = identifiers(left).iterator();
    Iterator<String> rights = identifiers(right).iterator();
    while (lefts.hasNext() && rights.hasNext()) {
      int order = compareIdentifiers(lefts.next(), rights.next());
      if (order != 0) {
        return order;
      }
    }
    return Boolean.compare(lefts.hasNext(), rights.hasNext());
  }

  private static List<String> identifiers(String preRelease) {
    return Arrays.asList(preRelease.split("\\.", -1));
  }

  /** Numbers by value and before words; without leading zeros the longer number is the greater. */
  private static int compareIdentifiers(String left, String right) {
    boolean leftIsNumber = isNumber(left);
    boolean rightIsNumber = isNumber(right);
    if (leftIsNumber != rightIsNumber) {
      return leftIsNumber ? -1 : 1;
    }
    if (leftIsNumber && left.length() != right.length()) {
      return Integer.compare(left.length(), right.length());
    }
    return left.compareTo(right);
  }

  private static boolean isNumber(String identifier) {
    return identifier.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static String text(int major, int minor, int patch, String preRelease) {
    String release = major + "." + minor + "." + patch;
    return preRelease.isEmpty() ? release : release + "-" + preRelease;
  }

  @Override
  public String toString() {
    return text(major, minor, patch, preRelease);
  }
}

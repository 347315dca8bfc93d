package io.mistersmith.persistence.bench;

/** Texts of messages that no reader looks for. */
final class Texts {

  private Texts() {}

  /** Returns a text of some hundred characters, each time another one. */
  static String numbered(int number) {
    return ("message " + number + " of a conversation, as long as such texts may be. ").repeat(4);
  }
}

/** The life of an agent: copies of its state to go back to, and what has happened to it. */
@NullMarked
package io.mistersmith.persistence.lifecycle;

import org.jspecify.annotations.NullMarked;

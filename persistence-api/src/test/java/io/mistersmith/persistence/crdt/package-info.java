@NullMarked
package io.mistersmith.persistence.crdt;

import org.jspecify.annotations.NullMarked;

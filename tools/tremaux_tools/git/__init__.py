"""Everything Tremaux asks of git, and the only user of it.

To look: `find_project`, `state`, `changes`. To lose nothing: `take_snapshot`, `restore_snapshot`. To let workers work
side by side: `add_worktree`, `commit_work`, `merged_base`, `merge_branch`, `remove_worktree`.
"""

from tremaux_tools.git.command import GIT_TIMEOUT, WORK_TIMEOUT, printable
from tremaux_tools.git.finish import Committed, commit_work
from tremaux_tools.git.index import MAX_UNTRACKED_BYTES
from tremaux_tools.git.merge import Merged, is_within, merge_branch, merged_base
from tremaux_tools.git.project import Project, find_project
from tremaux_tools.git.refs import BRANCHES, SNAPSHOTS, ref_part
from tremaux_tools.git.snapshot import (
    Kept,
    Restored,
    Snapshot,
    find_snapshot,
    list_snapshots,
    restore_snapshot,
    take_snapshot,
)
from tremaux_tools.git.state import State, changed_between, changes, state
from tremaux_tools.git.worktree import (
    Removal,
    Worktree,
    WorktreeState,
    add_worktree,
    drop_branch,
    list_worktrees,
    open_worktree,
    remove_worktree,
    worktree_state,
)

__all__ = [
    "BRANCHES",
    "GIT_TIMEOUT",
    "MAX_UNTRACKED_BYTES",
    "SNAPSHOTS",
    "WORK_TIMEOUT",
    "Committed",
    "Kept",
    "Merged",
    "Project",
    "Removal",
    "Restored",
    "Snapshot",
    "State",
    "Worktree",
    "WorktreeState",
    "add_worktree",
    "changed_between",
    "changes",
    "commit_work",
    "drop_branch",
    "find_project",
    "find_snapshot",
    "is_within",
    "list_snapshots",
    "list_worktrees",
    "merge_branch",
    "merged_base",
    "open_worktree",
    "printable",
    "ref_part",
    "remove_worktree",
    "restore_snapshot",
    "state",
    "take_snapshot",
    "worktree_state",
]

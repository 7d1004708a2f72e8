using System.Collections;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Queueing;

/// <summary>
/// Python's heapq over prompt tuples: GET /queue shows its array as it lies. Two prompts with the same number and id make Python
/// compare their dicts, which raises after the item has been appended.
/// </summary>
internal sealed class PromptHeap : IEnumerable<PromptItem>
{
    private readonly List<PromptItem> _items = [];

    public int Count => _items.Count;

    public void Push(PromptItem item)
    {
        _items.Add(item);
        SiftDown(0, _items.Count - 1);
    }

    public PromptItem Pop()
    {
        var last = _items[^1];
        _items.RemoveAt(_items.Count - 1);
        if (_items.Count == 0)
        {
            return last;
        }

        var first = _items[0];
        _items[0] = last;
        SiftUp(0);
        return first;
    }

    public bool Remove(string id)
    {
        var index = _items.FindIndex(i => i.Id == id);
        if (index < 0)
        {
            return false;
        }

        _items.RemoveAt(index);
        for (var i = (_items.Count / 2) - 1; i >= 0; i--)
        {
            SiftUp(i);
        }

        return true;
    }

    public void Clear() => _items.Clear();

    public IEnumerator<PromptItem> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void SiftDown(int start, int position)
    {
        var item = _items[position];
        while (position > start)
        {
            var parent = (position - 1) >> 1;
            if (!IsLess(item, _items[parent]))
            {
                break;
            }

            _items[position] = _items[parent];
            position = parent;
        }

        _items[position] = item;
    }

    private void SiftUp(int position)
    {
        var start = position;
        var item = _items[position];
        var child = (2 * position) + 1;
        while (child < _items.Count)
        {
            if (child + 1 < _items.Count && !IsLess(_items[child], _items[child + 1]))
            {
                child++;
            }

            _items[position] = _items[child];
            position = child;
            child = (2 * position) + 1;
        }

        _items[position] = item;
        SiftDown(start, position);
    }

    private static bool IsLess(PromptItem left, PromptItem right)
    {
        if (PyNumber.Compare(left.Number, right.Number) is not 0 and var byNumber)
        {
            return byNumber < 0;
        }

        if (string.CompareOrdinal(left.Id, right.Id) is not 0 and var byId)
        {
            return byId < 0;
        }

        return PyJson.AreEqual(left.Prompt, right.Prompt) && PyJson.AreEqual(left.ExtraData, right.ExtraData)
            ? false
            : throw PythonError.TypeError("'<' not supported between instances of 'dict' and 'dict'");
    }
}

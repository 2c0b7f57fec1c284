using System;

namespace Shop
{
    /// <summary>Things with their prices.</summary>
    [Serializable]
    public class Cart<T> : Base where T : Item
    {
        public int Size { get; set; }

        public double Total
        {
            get
            {
                double sum = 0;
                foreach (var item in items) sum += item.Price;
                return sum;
            }
        }

        public Cart(int size) : base(size)
        {
            Check(size);
            Log(size);
            Size = size;
        }

        public async Task<int> Load(string name)
        {
            int Parse(string text)
            {
                var plain = text.Trim();
                Log(plain);
                return int.Parse(plain);
            }
            return Parse(await Read(name));
        }

        public int Twice() => Size * 2;
    }

    public interface IPriced
    {
        double Price();
    }
}
